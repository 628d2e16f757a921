"""An IP stack: what a namespace does with an IPv4 packet that comes in, passes through, or begins there.

The order is the kernel's (net/ipv4): PREROUTING, route of the destination, forwarding flag, reverse path,
TTL, MTU, FORWARD, POSTROUTING, neighbour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.analyze.trace import ends, neighbours, tunnels
from mitate.analyze.trace.netfilter import Way
from mitate.analyze.trace.packet import BROADCAST, Packet, ip, network, number
from mitate.model.diagnosis import Evidence
from mitate.model.net import IptablesRule, NetworkSetting, Route
from mitate.model.trace import Disposition

if TYPE_CHECKING:
    from mitate.analyze.trace.conntrack import Tracked
    from mitate.analyze.trace.ends import End
    from mitate.analyze.trace.space import Device, Space
    from mitate.analyze.trace.walk import Walk

_DEAD_ENDS = ("blackhole", "unreachable", "prohibit")


def receive(walk: Walk, device: Device, packet: Packet, physin: str = "") -> End:
    """A frame reaches the IP stack by ``device``."""
    space = device.space
    if packet.arp:
        return neighbours.hear(walk, device, packet)
    if packet.dmac not in (device.mac, BROADCAST) and not _own_mac(device, packet.dmac):
        return ends.not_mine(device, packet)
    walk.took.add(packet.dmac)
    if packet.dst in space.broadcasts and walk.wanted is not None and id(space) not in walk.wanted:
        return ends.not_mine(device, packet)
    if not space.guest:
        walk.needs(space, IptablesRule)
    way = Way(iif=device.name, physin=physin)
    crossed = space.firewall.cross("PREROUTING", packet, way, walk.common.sessions)
    walk.crossed(crossed)
    if crossed.verdict != "accept":
        ends.refused(walk, device, "PREROUTING", crossed, way)
    packet, track = crossed.packet, crossed.track
    if packet.dst in space.addresses or packet.dst in space.broadcasts:
        if source_is_fine(walk, device, packet) is False:
            return ends.dropped(device)
        return _deliver(walk, device, packet, track, physin)
    return _forward(walk, device, packet, track, physin)


def _own_mac(device: Device, mac: str) -> bool:
    """A bridge takes frames to the MACs of its ports too."""
    return device.kind == "bridge" and any(port.mac == mac for port in device.ports)


def _deliver(walk: Walk, device: Device, packet: Packet, track: Tracked | None, physin: str) -> End:
    space = device.space
    way = Way(iif=device.name, physin=physin)
    crossed = space.firewall.cross("INPUT", packet, way, walk.common.sessions, track)
    walk.crossed(crossed)
    if crossed.verdict != "accept":
        ends.refused(walk, device, "INPUT", crossed, way)
    packet = crossed.packet
    if packet.inner is not None and packet.vni is not None:
        return tunnels.decapsulate(walk, device, packet)
    walk.step(
        "local_deliver", f"{ip(packet.dst)} is an address of {ends.whose(space)}", _own(space, packet.dst)
    )
    return ends.delivered(device, packet)


def _own(space: Space, address: int) -> Evidence | None:
    held = space.addresses.get(address)
    return Evidence.of(held[0]) if held else None


def _forward(walk: Walk, device: Device, packet: Packet, track: Tracked | None, physin: str) -> End:
    space = device.space
    choice = space.routes.choose(packet.dst, packet.src, device.name, mark=packet.mark)
    route = choice.route
    if not forwards(device):
        says = f"{ends.whose(space)} does not forward: {ip(packet.dst)} is not its own, and ip_forward is 0"
        seen = space.settings.get(f"ipv4/conf/{device.name}/forwarding") or space.settings.get(
            "ipv4/ip_forward"
        )
        walk.fail("RTR_FORWARD_OFF", says, "fib_lookup", device, seen=(seen, device.link))
        if route is None:
            return ends.dropped(device)
    if route is None:
        return ends.no_route(walk, device, packet)
    if choice.several:
        walk.common.assume(
            f"{ends.whose(space)} has several next hops to {ip(packet.dst)}: the first is followed"
        )
    if route.type in _DEAD_ENDS:
        return ends.blackhole(walk, device, packet, route)
    if route.type == "local":
        return _deliver(walk, device, packet, track, physin)
    if source_is_fine(walk, device, packet, route.link) is False:
        return ends.dropped(device)
    if walk.passes_again(space, device, packet):
        says = f"the packet to {ip(packet.dst)} comes to {ends.whose(space)} again, until its TTL is used up"
        return walk.stop("RTR_LOOP", says, "loop", device, Disposition.LOOP, (route,))
    walk.step("fib_lookup", f"{ip(packet.dst)} → {_way(route)}", Evidence.of(route))
    if packet.ttl <= 1:
        return ends.ttl_expired(walk, device, packet)
    out = space.devices.get(route.link)
    if out is None:
        return ends.no_route(walk, device, packet)
    _fits(walk, out, route, packet, device)
    packet = packet.but(ttl=packet.ttl - 1)
    way = Way(iif=device.name, oif=out.name, physin=physin)
    for hook in ("FORWARD", "POSTROUTING"):
        crossed = space.firewall.cross(hook, packet, way, walk.common.sessions, track)
        walk.crossed(crossed)
        if crossed.verdict != "accept":
            ends.refused(walk, out, hook, crossed, way)
        packet, track = crossed.packet, crossed.track
    return _send(walk, out, route, packet)


def output(walk: Walk, space: Space, packet: Packet, oif: str = "") -> End:
    """A packet begins in a namespace. src 0: the address that its route says."""
    walk_needs = () if space.guest else (Route,)
    walk.needs(space, *walk_needs)
    if packet.dst in space.addresses:
        device = space.addresses[packet.dst][1]
        return _deliver(walk, device, packet.but(src=packet.src or packet.dst), None, "")
    choice = space.routes.choose(packet.dst, packet.src, "", oif, packet.mark)
    route = choice.route
    if route is None:
        return ends.no_route(walk, space, packet)
    if route.type in _DEAD_ENDS:
        return ends.blackhole(walk, space, packet, route)
    out = space.devices.get(route.link)
    if out is None:
        return ends.no_route(walk, space, packet)
    if not packet.src:
        packet = packet.but(
            src=number(route.source_ip) if route.source_ip else source_for(out, _next(route, packet))
        )
    way = Way(oif=out.name)
    crossed = space.firewall.cross("OUTPUT", packet, way, walk.common.sessions)
    walk.crossed(crossed)
    if crossed.verdict != "accept":
        ends.refused(walk, out, "OUTPUT", crossed, way)
    if crossed.packet.dst != packet.dst or crossed.packet.mark != packet.mark:
        # ip_route_me_harder: DNAT or a mark of OUTPUT makes the way be chosen again
        again = space.routes.choose(crossed.packet.dst, crossed.packet.src, mark=crossed.packet.mark).route
        if crossed.packet.dst in space.addresses:
            return _deliver(walk, out, crossed.packet, crossed.track, "")
        if again is not None and again.link in space.devices:
            route, out = again, space.devices[again.link]
            way = Way(oif=out.name)
    packet, track = crossed.packet, crossed.track
    walk.step("fib_lookup", f"{ip(packet.dst)} → {_way(route)}", Evidence.of(route))
    _fits(walk, out, route, packet, None)
    crossed = space.firewall.cross("POSTROUTING", packet, way, walk.common.sessions, track)
    walk.crossed(crossed)
    if crossed.verdict != "accept":
        ends.refused(walk, out, "POSTROUTING", crossed, way)
    return _send(walk, out, route, crossed.packet)


def _fits(walk: Walk, out: Device, route: Route, packet: Packet, came_by: Device | None) -> None:
    """The MTU of the way out. Too big and DF: ICMP "fragmentation needed"; its own are not even made."""
    mtu = min(route.mtu or out.mtu, out.mtu)
    if packet.inner is not None:
        return  # the tunnel's own limit was asked before
    if not packet.df:
        walk.fragment(mtu)
        return
    if came_by is None:
        says = f"{ends.whose(out.space)} itself sends no more than {mtu} bytes by {out.name}"
        walk.too_big(mtu, "MTU_OF_SENDER", says, out, Disposition.TOO_BIG_SIGNALLED, (out.link,))
        return
    says = f"{out.name} takes {mtu} bytes: {ends.whose(out.space)} tells the sender (fragmentation needed)"
    walk.too_big(
        mtu,
        "MTU_SIGNALLED",
        says,
        out,
        Disposition.TOO_BIG_SIGNALLED,
        (out.link,),
        emitter=came_by,
        offending=packet,
    )


def _send(walk: Walk, out: Device, route: Route, packet: Packet) -> End:
    """To the next hop's MAC, out of the device."""
    hop = _next(route, packet)
    if hop in out.space.broadcasts:
        return walk.transmit(out, packet.but(smac=out.mac, dmac=BROADCAST))
    mac = neighbours.resolve(walk, out, hop, packet.src)
    if mac is None:
        return ends.unresolved(out, packet)
    frame = packet.but(smac=out.mac, dmac=mac)
    before = walk.mark()
    end = walk.transmit(out, frame)
    if (
        end.accepted
        or end.disposition.unknown
        or len(walk.failures) > len(before.failures)
        or mac in walk.took
    ):
        return end
    walk.restore(before)
    right = ends.wrong_neighbour(walk, out, hop, mac)
    return walk.transmit(out, frame.but(dmac=right)) if right else end


def _next(route: Route, packet: Packet) -> int:
    return number(route.via) if route.via and ":" not in route.via else packet.dst


def _way(route: Route) -> str:
    via = f"via {route.via} " if route.via else ""
    return f"{via}dev {route.link}"


# -- what a namespace allows ----------------------------------------------------------------------------


def forwards(device: Device) -> bool:
    """Whether packets that come in by this device are forwarded (the flag is the device's own)."""
    space = device.space
    if space.lacks(NetworkSetting) or space.guest:
        return not space.guest
    return space.setting(f"ipv4/conf/{device.name}/forwarding", space.setting("ipv4/ip_forward", 1)) == 1


def source_for(device: Device, target: int) -> int:
    """The address that a device speaks with to ``target``: of the same subnet, else its first, else any."""
    first = 0
    for each in device.addresses:
        base, mask, _ = network(f"{each.ip}/{each.prefix}")
        if target & mask == base:
            return number(each.ip)
        first = first or number(each.ip)
    return first or next(iter(device.space.addresses), 0)


def source_fits(device: Device, src: int, dst: int, mark: int, out: str = "") -> bool:
    """The reverse path (rp_filter, net/ipv4/fib_frontend.c): strict wants the route to the source by the very
    device, loose any route. It is looked up as if it came in by ``out``, where the packet is to leave."""
    space = device.space
    rule = max(space.conf("all", "rp_filter"), space.conf(device.name, "rp_filter"))
    if not rule or space.guest:
        return True
    back = space.routes.choose(
        src, dst, out, mark=mark if space.conf(device.name, "src_valid_mark") else 0
    ).route
    if back is None or back.type in _DEAD_ENDS:
        return False
    return rule == 2 or back.link == device.name


def source_is_fine(walk: Walk, device: Device, packet: Packet, out: str = "") -> bool | None:
    """None: it is not, but there is a way on. out: the device it is to leave by, "" when it stays."""
    space = device.space
    if packet.src in space.addresses and not space.conf(device.name, "accept_local"):
        says = f"{ends.whose(space)} gets a packet from its own address {ip(packet.src)}: a martian, dropped"
        walk.fail("FIP_HAIRPIN_MARTIAN", says, "rp_filter", device, seen=(space.addresses[packet.src][0],))
        return False
    if source_fits(device, packet.src, packet.dst, packet.mark, out):
        return True
    back = space.routes.choose(packet.src, packet.dst, out).route
    other = f"goes by {back.link}" if back is not None else "does not exist"
    says = (
        f"{device.name} of {ends.whose(space)} has a strict reverse path filter, and the way back to "
        f"{ip(packet.src)} {other}"
    )
    setting = space.settings.get(f"ipv4/conf/{device.name}/rp_filter")
    every = space.settings.get("ipv4/conf/all/rp_filter")
    strict = setting if setting is not None and setting.value != "0" else every
    walk.fail("RTR_RPFILTER", says, "rp_filter", device, seen=(strict, back))
    return None
