"""How a way ends: the words and the reasons, for whoever on the way finds out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from mitate.analyze.trace.netfilter import Crossed, Way
from mitate.analyze.trace.packet import Packet, ip
from mitate.model.cloud import SecurityGroupRule
from mitate.model.diagnosis import Confidence, Evidence
from mitate.model.net import Neighbour, Route
from mitate.model.trace import Disposition, Failure

if TYPE_CHECKING:
    from mitate.analyze.trace.space import Device, Space
    from mitate.analyze.trace.walk import Walk


class End(msgspec.Struct, frozen=True):
    """Where a way ended. accepted: an IP stack (``device``) or the outside took the packet as its own."""

    disposition: Disposition
    device: Device | None = None
    packet: Packet | None = None
    accepted: bool = False


def delivered(device: Device, packet: Packet) -> End:
    return End(Disposition.DELIVERED_ENDPOINT, device, packet, True)


def accepted(device: Device, packet: Packet) -> End:
    """An ARP packet came to whom it was for."""
    return End(Disposition.DELIVERED_ENDPOINT, device, packet, True)


def outside(packet: Packet) -> End:
    return End(Disposition.EXITS_SNAPSHOT, None, packet, True)


def dropped(device: Device | None) -> End:
    return End(Disposition.DROPPED, device)


def not_mine(device: Device, packet: Packet) -> End:
    """A frame for another MAC, as a flooded one usually is: no failure by itself."""
    return End(Disposition.MISDELIVERED, device, packet)


def unresolved(device: Device, packet: Packet) -> End:
    return End(Disposition.NEIGH_UNRESOLVED, device, packet)


def whose(space: Space) -> str:
    """A namespace as a person says it: server vm1, router router1, compute1."""
    if space.guest:
        return f"server {space.guest}"
    name = space.world.titles.get(space.name)
    return name or (f"{space.name} on {space.host}" if space.name else space.host)


# -- firewalls ------------------------------------------------------------------------------------------


def refused(walk: Walk, at: Device, hook: str, crossed: Crossed, way: Way) -> None:
    """A rule said no. The packet goes on as if it had not."""
    space = at.space
    code = crossed.hint or ("RTR_FORWARD_FIREWALL" if space.name else "HOST_FORWARD_DROP")
    if code == "RTR_FORWARD_FIREWALL" and space.is_server:
        code = "EP_GUEST_FIREWALL"
    did = crossed.says or f"{hook} says {crossed.verdict}"
    where = ends_at(at, way)
    disposition = Disposition.REJECTED if crossed.verdict == "reject" else Disposition.DROPPED
    verb = "rejects" if crossed.verdict == "reject" else "drops"
    says = f"{whose(space)} {verb} {crossed.packet} at {where}: {did}"
    told, rule = _by_its_groups(walk, at, way, code, crossed.packet)
    walk.fail(code, says + told, "filter", at, disposition, (crossed.by, rule))


def _by_its_groups(
    walk: Walk, at: Device, way: Way, code: str, packet: Packet
) -> tuple[str, SecurityGroupRule | None]:
    """What the port's security groups say, where the data plane says no: as wanted, or not as wanted."""
    direction = {"SG_INGRESS_DENY": "ingress", "SG_EGRESS_DENY": "egress"}.get(code)
    device = at.space.devices.get(way.physout if direction == "ingress" else way.physin, at)
    if direction is None or device.port is None:
        return "", None
    allowed = walk.world.groups.allows(device.port, direction, packet)
    if allowed is None:
        return "", None
    if allowed is False:
        walk.common.as_wanted.add(code)
        return ", and no rule of its security groups allows it", None
    if allowed is True:
        return ", though the port has no port security", None
    return ", though a rule of its security groups allows it: the host is not in step", allowed


def ends_at(at: Device, way: Way) -> str:
    return way.physout or way.physin or at.name


# -- routing --------------------------------------------------------------------------------------------


def no_route(walk: Walk, at: Device | Space, packet: Packet) -> End:
    space = at if not hasattr(at, "space") else at.space
    code = "RTR_NO_ROUTE"
    if walk.outer:
        code = "TUN_NO_ROUTE"
    elif space.guest:
        code = "EP_NO_DEFAULT_ROUTE"
    nearest = next(iter(space.of(Route)), None)
    seen = (Evidence.of(nearest, f"no route to {ip(packet.dst)}"),) if nearest else ()
    says = f"{whose(space)} has no route to {ip(packet.dst)}"
    return walk.stop(code, says, "fib_lookup", at, Disposition.NO_ROUTE, seen)


def blackhole(walk: Walk, at: Device | Space, packet: Packet, route: Route) -> End:
    space = at if not hasattr(at, "space") else at.space
    says = f"{whose(space)} has a route of type {route.type} for {ip(packet.dst)} ({route.destination})"
    return walk.stop("RTR_BLACKHOLE", says, "fib_lookup", at, Disposition.BLACKHOLED, (route,))


def ttl_expired(walk: Walk, device: Device, packet: Packet) -> End:
    says = f"the TTL of {packet} is used up in {whose(device.space)}"
    return walk.stop("RTR_TTL", says, "ttl", device, Disposition.TTL_EXPIRED, (device.link,))


# -- neighbours -----------------------------------------------------------------------------------------


def unanswered(
    walk: Walk, device: Device, target: int, failures: Iterable[Failure], entry: Neighbour | None
) -> str | None:
    """Nobody answers for an address. Returns the MAC of the one who should have, to go on with."""
    owner = walk.world.expected_owner(target, device)
    if hidden := walk.world.hides_owner(target, device, bool(walk.outer)):
        walk.unseen("INSUFFICIENT_INFO_TABLE", f"who has {ip(target)} cannot be told: {hidden}", device)
        return owner
    seen: list[Evidence] = [Evidence.of(entry)] if entry is not None else []
    failures = list(failures)
    if failures:
        for failure in failures:
            walk.adopt(failure, Disposition.NEIGH_UNRESOLVED)
        walk.step(
            "neigh",
            f"who has {ip(target)}? The question or its answer is lost: {failures[0].says}",
            failures[0].evidence[0] if failures[0].evidence else None,
            failures[0].code,
        )
        return owner
    confidence = Confidence.CONFIRMED if entry is not None else Confidence.PREDICTED
    code, says = _nobody(walk, device, target)
    walk.fail(
        code,
        says,
        "neigh",
        device,
        Disposition.NEIGH_UNRESOLVED,
        (*seen, device.evidence(f"asks for {ip(target)} here")),
        confidence,
    )
    return owner


def is_taken_for_granted(walk: Walk, mac: str) -> bool:
    """Whether whoever answers is a server that nobody looked into."""
    return any(each.space.guest for each in walk.world.devices_of_mac(mac))


def denied(walk: Walk, device: Device, target: int, entry: Neighbour) -> None:
    """The question would reach the server, but when it was asked last nobody answered. That may be long ago:
    it is said, and not held against the path."""
    says = (
        f"{whose(device.space)} asked for {ip(target)} on {device.name} before, and nobody answered, though "
        "the way there is open: perhaps the server's card is down, or has another address"
    )
    walk.doubt("RTR_NEIGH_FAILED", says, device, (entry,))


def _nobody(walk: Walk, device: Device, target: int) -> tuple[str, str]:
    space, address = device.space, ip(target)
    if walk.outer:
        return (
            "TUN_NEIGH_FAILED",
            f"nobody on the underlay answers for {address}, asked by {device.name} of {space.host}",
        )
    if target == walk.client and space.guest:
        says = (
            f"server {space.guest} takes {address} for a neighbour, since it lies in its own subnet, "
            "asks for it there, and nobody answers: the reply never leaves the network"
        )
        return "EP_SRC_ONLINK_OVERLAP", says
    if target == walk.client and device.name.startswith("qr-"):
        says = (
            f"{whose(space)} looks for {address} on {device.name}, since it lies in that subnet, "
            "and not where it came from: nobody answers there"
        )
        return "RTR_REPLY_CONNECTED", says
    if target == walk.client:
        return (
            "EP_SRC_ONLINK_OVERLAP",
            f"{whose(space)} asks for {address} on its own network, and nobody answers",
        )
    if space.guest:
        return "RTR_NEIGH_FAILED", f"server {space.guest} asks for {address}, and nobody answers"
    loose = space.switch.unpatched if space.switch is not None else None
    if loose is not None:
        return "OVS_PATCH_BROKEN", (
            f"{whose(space)} asks for {address} on {device.name}, and nobody answers: {loose.name} of Open "
            f"vSwitch on {space.host} is not connected with the other bridges"
        )
    if device.name.startswith("qg-"):
        return "EXT_GW_UNREACHABLE", f"{whose(space)} asks for {address} on {device.name}, and nobody answers"
    return "RTR_NEIGH_FAILED", f"{whose(space)} asks for {address} on {device.name}, and nobody answers"


def answered_twice(walk: Walk, device: Device, target: int, macs: Mapping[str, Device | None]) -> str:
    """Two MACs answer for one address: the last one has it. Goes on with the one that Neutron gave it to."""
    port = walk.world.port_at(target, macs)
    mac = port.mac.lower() if port is not None else min(macs)
    says = f"{' and '.join(sorted(macs))} both answer for {ip(target)}, asked by {whose(device.space)}"
    seen = [Evidence.of(port)] if port is not None else []
    walk.fail("EP_DUP_IP", says, "neigh", device, Disposition.MISDELIVERED, (*seen, device.link))
    return mac


def wrong_neighbour(walk: Walk, device: Device, target: int, mac: str) -> str | None:
    """The frame went to a MAC, and nobody took it. Returns the right one, where it is known."""
    entry = device.space.neighbours.get((device.name, ip(target)))
    right = walk.world.expected_owner(target, device)
    if hidden := walk.world.hides_owner(target, device, bool(walk.outer)):
        walk.unseen("INSUFFICIENT_INFO_TABLE", f"who takes it at {mac} cannot be told: {hidden}", device)
        return None
    if right is None or right == mac:
        walk.fail(
            "RTR_NEIGH_FAILED",
            f"nobody takes what {whose(device.space)} sends to {ip(target)} at {mac}",
            "neigh",
            device,
            Disposition.MISDELIVERED,
            (entry, device.link),
        )
        return None
    says = f"{whose(device.space)} sends what is for {ip(target)} to {mac}, but its owner has {right}"
    code = "TUN_NEIGH_FAILED" if walk.outer else "RTR_NEIGH_WRONG"
    walk.fail(code, says, "neigh", device, Disposition.MISDELIVERED, (entry, device.link))
    return right
