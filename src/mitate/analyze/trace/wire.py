"""The physical network between hosts, which nobody sees: who is on it is concluded from what hosts say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mitate.analyze.trace import ends
from mitate.analyze.trace.packet import BROADCAST, OUTSIDE, Packet, ip, number
from mitate.model.cloud import Network
from mitate.model.trace import Disposition

if TYPE_CHECKING:
    from mitate.analyze.trace.ends import End
    from mitate.analyze.trace.space import Device
    from mitate.analyze.trace.walk import Walk
    from mitate.analyze.trace.world import World


def carry(walk: Walk, device: Device, packet: Packet) -> End:
    """A frame leaves a host by a card: to the other cards of the segment, or out of what was seen."""
    others = [
        each for each in walk.world.wires[walk.world.segment(device)] if each.space.host != device.space.host
    ]
    broadcast = packet.dmac == BROADCAST
    near = [each for each in others if broadcast or each.mac == packet.dmac or _leads_on(each)]
    near.sort(key=lambda each: each.mac != packet.dmac)
    if packet.arp and not walk.outer:
        if packet.arp == 1 and broadcast and _is_outside(walk, device, packet):
            walk.heard[OUTSIDE] = None
            return ends.outside(packet)
        if packet.arp == 2 and packet.dmac == OUTSIDE:
            walk.heard[packet.smac] = None
            return ends.outside(packet)
    ways: list[Callable[[], End]] = [lambda to=each: _arrive(walk, device, to, packet) for each in near]  # type: ignore[misc]
    found = walk.best(ways, every=broadcast)
    if found is not None and (found.accepted or broadcast or walk.ended is not None):
        return found
    if walk.outer and not walk.world.is_endpoint(packet.dst):
        return found if found and walk.world.is_known(packet.dmac) else _no_endpoint(walk, device, packet)
    hop = number(walk.resolved[2]) if walk.resolved else packet.dst
    stranger = not walk.world.is_known(packet.dmac) and (packet.arp or not walk.world.owns(hop))
    if packet.dmac == OUTSIDE or stranger:
        walk.begin(None, f"outside, on the wire of {device.name} of {device.space.host}", "enter")
        walk.exit = (device, packet)
        if walk.world.has_fixed(packet.dst) and packet.dst != walk.client:
            return _strays(walk, device, packet)
        if packet.ttl <= 1 and hop != packet.dst:
            return ends.ttl_expired(walk, device, packet)  # by the next router out there
        return ends.outside(packet)
    return found or ends.dropped(device)


def _leads_on(device: Device) -> bool:
    """Whether it takes frames for others: a port of a bridge or of a switch."""
    switch = device.space.switch
    return device.bridge is not None or bool(device.vlans) or (switch is not None and switch.has(device.name))


def _arrive(walk: Walk, sender: Device, device: Device, packet: Packet) -> End:
    a, b = sorted((sender, device), key=lambda each: each.space.host)
    walk.common.assume(
        f"the network between {a.name} of {a.space.host} and {b.name} of {b.space.host} was not seen: "
        "taken as passing whatever its ends take"
    )
    walk.too_big(
        device.mtu + 4,
        "TUN_UNDERLAY_MTU",
        f"{device.name} of {device.space.host} takes no more than {device.mtu} bytes, and says nothing",
        device,
        Disposition.TOO_BIG_SILENT,
        (device.link,),
    )
    return walk.receive(device, packet)


def _is_outside(walk: Walk, device: Device, question: Packet) -> bool:
    """Whether the asked address is none of the cloud's own: then somebody out there is taken to answer."""
    if walk.world.owns(question.dst):
        return False
    if not walk.world.leads_outside(device, question):
        return False
    walk.common.assume(f"{ip(question.dst)} is outside of what was seen: taken as being there")
    return True


def _strays(walk: Walk, device: Device, packet: Packet) -> End:
    """What is for one of the cloud's own fixed addresses leaves the cloud."""
    says = (
        f"the packet to {ip(packet.dst)} leaves the cloud by {device.name} of {device.space.host}: "
        "the last router had no other route to it"
    )
    return walk.stop("RTR_NO_ROUTE", says, "fib_lookup", None, Disposition.MISDELIVERED, (device.link,))


def _no_endpoint(walk: Walk, device: Device, packet: Packet) -> End:
    """A tunnel's packet for an endpoint that is not among the hosts that were seen."""
    says = f"the tunnel endpoint {ip(packet.dst)} is on no host that was seen"
    walk.unseen("INSUFFICIENT_INFO_HOST", says, device)
    return ends.End(Disposition.INSUFFICIENT_INFO, device, packet)


def entrances(world: World, nets: Sequence[Network]) -> list[Device]:
    """The cards by which frames of these networks come into the cloud."""
    found = []
    for segment, cards in world.wires.items():
        if any(on_segment(net, segment) for net in nets):
            found += cards
    return found


def on_segment(net: Network, segment: str) -> bool:
    """Whether a network is on a segment (``World.segment``)."""
    by_name = bool(net.physical_network) and segment == f"physical network {net.physical_network}"
    return by_name or segment == f"network {net.id[:11]}"
