"""VXLAN and GRE: which endpoint has the MAC, the way of the outer packet there, and out of it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from mitate.analyze.trace import ends, neighbours, ovs, router
from mitate.analyze.trace.packet import BROADCAST, GRE_BYTES, KEY_BYTES, VXLAN_BYTES, Packet, ip, number
from mitate.model.diagnosis import Evidence
from mitate.model.net import FdbEntry, Route
from mitate.model.trace import Disposition

if TYPE_CHECKING:
    from mitate.analyze.trace.ends import End
    from mitate.analyze.trace.space import Device
    from mitate.analyze.trace.walk import Walk

_Target: TypeAlias = tuple[str, int | None, int | None, FdbEntry | None]
"""Remote address, and where the entry differs from the device its VNI and port."""
UNKNOWN = "00:00:00:00:00:00"


def vxlan(walk: Walk, device: Device, frame: Packet) -> End:
    """A frame goes into a VXLAN device (drivers/net/vxlan: vxlan_xmit)."""
    if frame.arp == 1 and device.link.vxlan_proxy:
        return _proxy(walk, device, frame)
    walk.needs(device.space, FdbEntry)
    known = device.fdb.get(frame.dmac) if frame.dmac != BROADCAST else None
    remotes = list(known or device.fdb.get(UNKNOWN, []))
    targets: list[_Target] = [
        (each.remote, each.vni, each.port, each) for each in remotes if ":" not in each.remote
    ]
    learnt = walk.common.remotes.get((id(device), frame.dmac))
    if learnt:
        walk.step("encap", f"{device.name} learnt that {frame.dmac} is behind {learnt}")
        return _send(walk, device, frame, learnt, None, None, None)
    group = device.link.vxlan_group
    if group and not known and all(remote != group for remote, *_ in targets):
        targets.append((group, None, None, None))
    if not targets:
        return _nowhere(walk, device, frame)
    home = _home(walk, frame.dmac)
    here = _endpoints(walk, home)
    if known and home is not None and here and not any(remote in here for remote, *_ in targets):
        wrong = targets[0][0]
        says = (
            f"{device.name} on {device.space.host} sends what is for {frame.dmac} to {wrong}, "
            f"but it lives on {home}, which is {', '.join(sorted(here))}"
        )
        walk.fail("TUN_REMOTE_WRONG", says, "encap", device, seen=(known[0],))
        targets = [(_same_net(device, here), None, None, None)]
    elif here and home != device.space.host and not any(_reaches(each[0], here) for each in targets):
        return _nowhere(walk, device, frame)
    targets.sort(key=lambda each: each[0] not in here)
    broadcast = frame.dmac == BROADCAST
    ways: list[Callable[[], End]] = [
        lambda t=target: _send(walk, device, frame, t[0], t[1], t[2], t[3])  # type: ignore[misc]
        for target in targets
    ]
    return walk.best(ways, every=broadcast) or ends.dropped(device)


def _nowhere(walk: Walk, device: Device, frame: Packet) -> End:
    home = _home(walk, frame.dmac)
    here = _endpoints(walk, home)
    if frame.dmac == BROADCAST or (home is not None and home == device.space.host):
        return ends.dropped(device)
    where = f" of {home} ({', '.join(sorted(here))})" if home and here else ""
    says = f"{device.name} on {device.space.host} has no tunnel endpoint{where} for {frame.dmac}"
    walk.fail(
        "TUN_REMOTE_MISSING", says, "encap", device, seen=(device.evidence(f"no entry for {frame.dmac}"),)
    )
    if not here:
        return ends.dropped(device)
    return _send(walk, device, frame, _same_net(device, here), None, None, None)


def _proxy(walk: Walk, device: Device, question: Packet) -> End:
    """It answers ARP itself, and lets no question out (arp_reduce)."""
    entry = device.space.neighbours.get((device.name, ip(question.dst)))
    if entry is None or not entry.mac or entry.state in neighbours.DEAD:
        return ends.dropped(device)
    walk.step("neigh", f"{device.name} answers for {ip(question.dst)}: {entry.mac}", Evidence.of(entry))
    reply = Packet(src=question.dst, dst=question.src, arp=2, smac=entry.mac.lower(), dmac=question.smac)
    return walk.receive(device, reply)


def _send(
    walk: Walk,
    device: Device,
    frame: Packet,
    remote: str,
    vni: int | None,
    port: int | None,
    entry: FdbEntry | None,
) -> End:
    space, link = device.space, device.link
    if _is_group(remote):
        return _multicast(walk, device, frame)
    dst = number(remote)
    src = number(link.vxlan_local) if link.vxlan_local and ":" not in link.vxlan_local else 0
    if src and src not in space.addresses:
        says = f"{device.name} is to send from {link.vxlan_local}, which {space.host} does not have"
        walk.fail("TUN_LOCAL_IP_ABSENT", says, "encap", device, seen=(link,))
    choice = space.routes.choose(dst, src, "", link.vxlan_link)
    route = choice.route
    if route is None:
        _no_way(walk, device, remote)
        return ends.dropped(device)
    _fits(walk, device, frame, route, VXLAN_BYTES)
    walk.step(
        "encap",
        f"VXLAN {vni or link.vxlan_id} to {remote}",
        Evidence.of(entry) if entry is not None else device.evidence(),
    )
    outer = Packet(
        src=src,
        dst=dst,
        proto="udp",
        dport=port or link.vxlan_port or 4789,
        size=frame.size + VXLAN_BYTES,
        df=False,
        inner=frame,
        vni=vni or link.vxlan_id or 0,
    )
    return _carry(walk, device, frame, outer, VXLAN_BYTES, link.vxlan_link)


def _no_way(walk: Walk, device: Device, remote: str) -> None:
    """No route to the endpoint. With the underlay's device down the kernel has taken the route away."""
    space = device.space
    local = device.link.vxlan_local or device.link.tunnel_local
    for each in space.devices.values():
        if not each.up and (
            each.name == device.link.vxlan_link or any(a.ip == local for a in each.addresses)
        ):
            walk.down(each)
            return
    route = next(iter(space.of(Route)), None)
    walk.stop(
        "TUN_NO_ROUTE",
        f"{space.host} has no route to the tunnel endpoint {remote}",
        "fib_lookup",
        device,
        Disposition.NO_ROUTE,
        (Evidence.of(route, f"no route to {remote}") if route else device.link,),
    )


def _fits(walk: Walk, device: Device, frame: Packet, route: Route, overhead: int) -> None:
    """Too big for the underlay: the device forges ICMP "fragmentation needed" in the name of the inner
    destination (skb_tunnel_check_pmtu); a packet without DF travels in outer fragments."""
    out = device.space.devices.get(route.link)
    if out is None or frame.arp:
        return
    mtu = min(route.mtu or out.mtu, out.mtu)
    if not frame.df:
        return
    says = (
        f"{out.name} of {device.space.host} takes {mtu} bytes, so the tunnel takes {mtu - overhead}: "
        f"{device.name} answers in the name of {ip(frame.dst)} (fragmentation needed)"
    )
    walk.too_big(
        mtu - overhead,
        "TUN_OUTER_TOO_BIG_PTB",
        says,
        out,
        Disposition.TOO_BIG_SIGNALLED,
        (out.link, device.link),
        emitter=device,
        offending=frame,
    )


def _carry(walk: Walk, device: Device, frame: Packet, outer: Packet, overhead: int, oif: str) -> End:
    """The outer packet's own way, from the host's stack."""
    walk.outer.append((device, frame))
    walk.overhead += overhead
    try:
        return router.output(walk, device.space, outer, oif)
    finally:
        if walk.outer and walk.outer[-1] == (device, frame):
            walk.outer.pop()
            walk.overhead -= overhead


def decapsulate(walk: Walk, device: Device, outer: Packet) -> End:
    """The outer packet reached an address of a host: is there a tunnel device that knows its number?"""
    assert outer.inner is not None
    origin, frame = walk.outer.pop() if walk.outer else (None, outer.inner)
    overhead = VXLAN_BYTES if outer.proto == "udp" else _gre_bytes(origin)
    walk.overhead -= overhead
    try:
        return _decapsulate(walk, device, outer, origin, frame)
    finally:
        if origin is not None:
            walk.outer.append((origin, frame))
            walk.overhead += overhead


def _decapsulate(walk: Walk, device: Device, outer: Packet, origin: Device | None, frame: Packet) -> End:
    space = device.space
    if outer.proto != "udp":
        return _gre_in(walk, device, outer, frame)
    found = space.vxlans.get((outer.dport, outer.vni))
    if found is None:
        taken = ovs.taken_by(walk, device, outer, "vxlan")
        if taken is not None:
            return ovs.decapsulated(walk, device, outer, *taken)
        tunnels = list(space.vxlans.values())
        same_port = [each for each in tunnels if each.link.vxlan_port == outer.dport]
        # whose own frame this is, so that the way can be followed beyond the failure
        meant = _counterpart(walk, tunnels, origin, frame)
        if not same_port:
            ports = sorted({each.link.vxlan_port or 0 for each in tunnels})
            listens = f", only on {', '.join(map(str, ports))}" if ports else ""
            says = f"{space.host} does not listen for VXLAN on UDP port {outer.dport}{listens}"
            code = "TUN_UDP_PORT_MISMATCH"
        else:
            numbers = ", ".join(str(each.link.vxlan_id) for each in same_port[:5])
            says = f"{space.host} has no VXLAN {outer.vni} (but {numbers})"
            code = "TUN_VNI_MISMATCH"
        seen = [each.link for each in (meant, origin) if each is not None] or [device.link]
        walk.fail(code, says, "decap", device, seen=seen)
        if meant is None:
            return ends.dropped(device)
        found = meant
    walk.step("decap", f"VXLAN {outer.vni} from {ip(outer.src)}: {found.name}")
    if found.link.vxlan_learning is not False and not _learns(walk, found, frame, ip(outer.src)):
        return ends.dropped(found)
    return walk.receive(found, frame)


def _learns(walk: Walk, device: Device, frame: Packet, remote: str) -> bool:
    """A device that learns notes by which endpoint a MAC came; from another than a permanent entry says, it
    takes nothing (vxlan_snoop). Returns whether there is a way on."""
    known = device.fdb.get(frame.smac, [])
    pinned = next((each for each in known if each.state in ("permanent", "static")), None)
    if pinned is None:
        walk.common.remotes[id(device), frame.smac] = remote
        return True
    if pinned.remote == remote:
        return True
    says = (
        f"{device.name} on {device.space.host} has {frame.smac} pinned to {pinned.remote}, "
        f"and drops what comes in its name from {remote}"
    )
    walk.fail("TUN_REMOTE_WRONG", says, "decap", device, seen=(pinned,))
    return not frame.arp


def _counterpart(walk: Walk, tunnels: list[Device], origin: Device | None, frame: Packet) -> Device | None:
    """The tunnel device here that serves the same network as the one it came from."""
    if origin is not None and origin.bridge is not None:
        for each in tunnels:
            if each.bridge is not None and each.bridge.name == origin.bridge.name:
                return each
    port = walk.world.port_of_mac.get(frame.dmac)
    tap = walk.world.tap(port) if port else None
    if tap is not None and tap.bridge is not None:
        return next((each for each in tunnels if each.bridge is tap.bridge), None)
    return None


# -- GRE ------------------------------------------------------------------------------------------------


def gre(walk: Walk, device: Device, frame: Packet) -> End:
    """A frame goes into a GRE device, which has one other end."""
    link = device.link
    if not link.tunnel_remote or ":" in link.tunnel_remote:
        walk.unseen(
            "INSUFFICIENT_INFO_TABLE", f"{device.name} has no remote of its own: not modelled", device
        )
        return ends.dropped(device)
    dst = number(link.tunnel_remote)
    src = number(link.tunnel_local) if link.tunnel_local else 0
    route = device.space.routes.choose(dst, src).route
    if route is None:
        _no_way(walk, device, link.tunnel_remote)
        return ends.dropped(device)
    overhead = _gre_bytes(device)
    _fits(walk, device, frame, route, overhead)
    walk.step("encap", f"GRE {link.tunnel_key or 0} to {link.tunnel_remote}", device.evidence())
    outer = Packet(src=src, dst=dst, proto="47", df=False, inner=frame, vni=link.tunnel_key or 0)
    return _carry(walk, device, frame, outer, overhead, "")


def _gre_bytes(device: Device | None) -> int:
    keyed = device is not None and device.link.tunnel_key is not None
    return GRE_BYTES + (KEY_BYTES if keyed else 0)


def _gre_in(walk: Walk, device: Device, outer: Packet, frame: Packet) -> End:
    for each in device.space.devices.values():
        own = each.kind in ("gre", "gretap") and (each.link.tunnel_key or 0) == outer.vni
        if own and each.link.tunnel_remote in ("", ip(outer.src)):
            walk.step("decap", f"GRE {outer.vni} from {ip(outer.src)}: {each.name}")
            return walk.receive(each, frame)
    taken = ovs.taken_by(walk, device, outer, "gre")
    if taken is not None:
        return ovs.decapsulated(walk, device, outer, *taken)
    says = f"{device.space.host} has no GRE tunnel of key {outer.vni} from {ip(outer.src)}"
    return walk.stop("TUN_VNI_MISMATCH", says, "decap", device, seen=(device.link,))


# -- endpoints ------------------------------------------------------------------------------------------


def _home(walk: Walk, mac: str) -> str | None:
    """The host on which a MAC lives."""
    port = walk.world.port_of_mac.get(mac)
    if port is not None and port.host:
        return port.host
    devices = walk.world.devices_of_mac(mac)
    hosts = {each.space.host for each in devices}
    return hosts.pop() if len(hosts) == 1 else None


def _endpoints(walk: Walk, host: str | None) -> set[str]:
    """The addresses of a host by which tunnels reach it."""
    space = walk.world.space(host) if host else None
    return space.endpoints if space is not None else set()


def _same_net(device: Device, here: set[str]) -> str:
    """Of a host's addresses the one on the underlay of this tunnel."""
    local = device.link.vxlan_local.rpartition(".")[0]
    return min(here, key=lambda each: (each.rpartition(".")[0] != local, each))


def _reaches(remote: str, here: set[str]) -> bool:
    return remote in here or _is_group(remote)


def _is_group(address: str) -> bool:
    return 224 <= int(address.partition(".")[0]) <= 239


def _multicast(walk: Walk, device: Device, frame: Packet) -> End:
    """A multicast group: every tunnel device of the same number, by the underlay's own multicast."""
    link = device.link
    walk.common.assume(f"the underlay carries multicast for {link.vxlan_group}, which nobody saw")
    ways: list[Callable[[], End]] = []
    for space in walk.world.hosts_spaces():
        for each in space.devices.values():
            if (
                each.kind == "vxlan"
                and each is not device
                and each.link.vxlan_id == link.vxlan_id
                and each.link.vxlan_local
            ):
                remote = each.link.vxlan_local
                ways.append(lambda r=remote: _send(walk, device, frame, r, None, None, None))  # type: ignore[misc]
    return walk.best(ways, every=frame.dmac == BROADCAST) or ends.dropped(device)
