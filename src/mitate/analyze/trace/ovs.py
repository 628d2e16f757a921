"""Into Open vSwitch and out of it again: the pipeline itself is in ``openflow``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mitate.analyze.trace import ends, router
from mitate.analyze.trace.openflow import Crossing, Out, Tunnel
from mitate.analyze.trace.openflow.reasons import first
from mitate.analyze.trace.packet import BROADCAST, GENEVE_BYTES, GRE_BYTES, KEY_BYTES, VXLAN_BYTES, Packet, ip
from mitate.analyze.trace.world import is_wire
from mitate.model.ovs import OvsFlow
from mitate.model.trace import Disposition

if TYPE_CHECKING:
    from mitate.analyze.trace.ends import End
    from mitate.analyze.trace.space import Device
    from mitate.analyze.trace.walk import Walk

_BYTES = {"vxlan": VXLAN_BYTES, "gre": GRE_BYTES + KEY_BYTES, "geneve": GENEVE_BYTES}
_PORT = {"vxlan": 4789, "geneve": 6081}


def cross(
    walk: Walk, device: Device, packet: Packet, tunnel: Tunnel | None = None, interface: str = ""
) -> End:
    """A frame enters the switch by a device, or by the ``interface`` of a tunnel."""
    world, host = walk.world, device.space.host
    root = world.space(host)
    if root is None:
        return ends.dropped(device)
    walk.needs(root, OvsFlow)
    if device.space.name:  # by an internal port out of its namespace, into the switch of the host
        walk.leave(device)
        walk.through_switch(root, device.name)
    crossing = world.switches[host].receive(interface or device.name, packet, walk.common.tracker, tunnel)
    for words in crossing.assumptions:
        walk.common.assume(words)
    if not crossing.outs:
        return _died(walk, device, packet, crossing)
    ways: list[Callable[[], End]] = [
        lambda out=out: _leave(walk, device, out)  # type: ignore[misc]
        for out in sorted(crossing.outs, key=lambda each: each.tunnel is not None)
    ]
    found = walk.best(ways, every=packet.dmac == BROADCAST)
    if found is not None and (found.accepted or walk.ended is not None or packet.dmac == BROADCAST):
        return found
    return _astray(walk, device, packet, crossing) or found or ends.dropped(device)


def _died(walk: Walk, device: Device, packet: Packet, crossing: Crossing) -> End:
    if crossing.reason == "BR_FDB_WRONG_PORT" and is_wire(device) and not _is_here(walk, device, packet):
        return ends.not_mine(device, packet)  # a frame for another host, which the wire gives to all
    walk.steps(crossing.steps[:-1])
    seen = (crossing.by or device.link,)
    if crossing.reason.startswith(("INSUFFICIENT", "UNSUPPORTED")):
        walk.unseen(crossing.reason, crossing.says, device)
        return ends.End(Disposition.INSUFFICIENT_INFO, device)
    return walk.stop(crossing.reason, crossing.says, "ovs_table", device, seen=seen)


def _is_here(walk: Walk, device: Device, packet: Packet) -> bool:
    owners = walk.world.devices_of_mac(packet.dmac)
    return any(each.space.host == device.space.host for each in owners)


def _astray(walk: Walk, device: Device, packet: Packet, crossing: Crossing) -> End | None:
    """It left the switch, and nobody took it: what is wrong with the port behind which its owner is?"""
    if _is_nobodys(walk, packet):
        return None
    owner = walk.world.port_of_mac.get(packet.dmac)
    tap = walk.world.device_of(owner) if owner is not None else None
    dead = None
    if tap is not None and tap.space.host == device.space.host:
        dead = walk.world.switches[device.space.host].fault(tap.name)
    dead = dead or first(crossing.dead)
    if dead is None:
        return None
    walk.fail(dead.code, dead.says, "ovs_table", device, seen=(dead.by or device.link,))
    return ends.dropped(device)


def _is_nobodys(walk: Walk, packet: Packet) -> bool:
    """A MAC that nobody has, for an address that somebody has: its sender is mistaken, not the switch."""
    world, mac = walk.world, packet.dmac
    known = mac in world.port_of_mac or world.devices_of_mac(mac)
    return not known and any(owner.mac for owner in world.owners_of(packet.dst))


def _leave(walk: Walk, came_by: Device, out: Out) -> End:
    """Out of one port: a tunnel, a port whose other end is an IP stack, or a device of the host."""
    walk.steps(out.steps)
    host = came_by.space.host
    if out.tunnel is not None:
        return _tunnel(walk, came_by, out, out.tunnel)
    device = walk.world.device_anywhere(host, out.interface)
    if device is None:
        says = f"{out.interface} of Open vSwitch on {host} has no device that was seen"
        walk.unseen("INSUFFICIENT_INFO_NETNS", says, came_by)
        return ends.End(Disposition.INSUFFICIENT_INFO, came_by, out.packet)
    if not walk.world.is_internal(host, out.interface):
        return walk.transmit(device, out.packet)
    if not device.up and not device.addresses and out.packet.dmac != device.mac:
        return ends.not_mine(device, out.packet)  # br-int itself: down in every cloud, and nobody's
    if device.space.name:
        walk.leave(device)
    walk.enter(device)
    if not device.up:
        end = walk.down(device)
        if out.packet.arp:
            return end
    if out.packet.vlan is not None:
        return ends.not_mine(device, out.packet)
    return router.receive(walk, device, out.packet)


def _tunnel(walk: Walk, came_by: Device, out: Out, tunnel: Tunnel) -> End:
    space = walk.world.space(came_by.space.host)
    if space is None:
        return ends.dropped(came_by)
    if tunnel.type not in _BYTES:
        walk.unseen("INSUFFICIENT_INFO_TABLE", f"tunnels of type {tunnel.type} are not modelled", came_by)
        return ends.End(Disposition.UNSUPPORTED, came_by, out.packet)
    frame, overhead = out.packet, _BYTES[tunnel.type]
    outer = Packet(
        src=tunnel.local,
        dst=tunnel.remote,
        proto="47" if tunnel.type == "gre" else "udp",
        dport=tunnel.port or _PORT.get(tunnel.type, 0),
        df=False,
        inner=frame,
        vni=tunnel.key,
    )
    route = space.routes.choose(tunnel.remote, tunnel.local).route
    card = space.devices.get(route.link) if route else None
    if card is not None and route is not None and not frame.arp:
        mtu = min(route.mtu or card.mtu, card.mtu)
        says = f"{card.name} of {space.host} takes {mtu} bytes, so the tunnel takes {mtu - overhead}"
        walk.too_big(
            mtu - overhead,
            "TUN_OUTER_TOO_BIG_PTB",
            f"{says}, and says nothing",
            card,
            Disposition.TOO_BIG_SILENT,
            (card.link,),
        )
    walk.step("encap", f"{tunnel.type.upper()} {tunnel.key} to {ip(tunnel.remote)}")
    walk.outer.append((came_by, frame))
    walk.overhead += overhead
    try:
        return router.output(walk, space, outer)
    finally:
        if walk.outer and walk.outer[-1] == (came_by, frame):
            walk.outer.pop()
            walk.overhead -= overhead


def taken_by(walk: Walk, device: Device, outer: Packet, kind: str) -> tuple[str, Tunnel] | None:
    """The interface of this host's switch that takes a tunnel's packet, and its outer header."""
    switch = walk.world.switches.get(device.space.host)
    if switch is None:
        return None
    tunnel = Tunnel(
        remote=outer.src, local=outer.dst, key=outer.vni or 0, port=outer.dport or None, type=kind
    )
    interface = switch.tunnel_port(tunnel)
    return (interface, tunnel) if interface is not None else None


def decapsulated(walk: Walk, device: Device, outer: Packet, interface: str, tunnel: Tunnel) -> End:
    """A tunnel's packet at its endpoint, where a port of the switch takes it."""
    assert outer.inner is not None
    walk.step("decap", f"{tunnel.type.upper()} {outer.vni} from {ip(outer.src)}: {interface}")
    return cross(walk, device, outer.inner, tunnel, interface)
