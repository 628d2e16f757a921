"""Into Open vSwitch and out of it again: the pipeline itself is in ``openflow``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mitate.analyze.trace import ends, router, tunnels
from mitate.analyze.trace.packet import BROADCAST, Packet, ip
from mitate.model.ovs import OvsFlow
from mitate.model.trace import Disposition

if TYPE_CHECKING:
    from mitate.analyze.trace.ends import End
    from mitate.analyze.trace.openflow import Out, Tunnel
    from mitate.analyze.trace.walk import Walk
    from mitate.analyze.trace.world import Device

_BYTES = {"vxlan": tunnels.VXLAN_BYTES, "gre": tunnels.GRE_BYTES + tunnels.KEY_BYTES, "geneve": 58}


def cross(
    walk: Walk, device: Device, packet: Packet, tunnel: Tunnel | None = None, interface: str = ""
) -> End:
    """A frame enters the switch by a device, or by a tunnel's ``interface``."""
    space = device.space
    switch = walk.world.switches[space.host]
    walk.needs(walk.world.space(space.host) or space, OvsFlow)
    if device.space.name:  # an internal port's namespace is left for the host's own
        walk.leave(device)
        host = walk.world.space(space.host)
        if host is not None:
            walk.through_switch(host, device.name)
    crossing = switch.receive(interface or device.name, packet, walk.common.tracker(space.host), tunnel)
    walk.steps(crossing.steps)
    for words in crossing.assumptions:
        walk.common.assume(words)
    if crossing.reason and not crossing.outs:
        return walk.stop(
            crossing.reason, crossing.says, "ovs_table", device, seen=(crossing.by or device.link,)
        )
    ways: list[Callable[[], End]] = [lambda out=out: _leave(walk, device, out) for out in crossing.outs]  # type: ignore[misc]
    found = walk.best(ways, every=packet.dmac == BROADCAST)
    if found is not None and (found.accepted or walk.ended is not None):
        return found
    if crossing.reason and not packet.arp:
        return walk.stop(
            crossing.reason, crossing.says, "ovs_table", device, seen=(crossing.by or device.link,)
        )
    return found or ends.dropped(device)


def _leave(walk: Walk, came_by: Device, out: Out) -> End:
    """Out of one port: a tunnel, a port whose other end is an IP stack, or a device of the host."""
    walk.steps(out.steps)
    host = came_by.space.host
    if out.tunnel is not None:
        return _tunnel(walk, came_by, out)
    device = walk.world.device_anywhere(host, out.interface)
    if device is None:
        says = f"{out.interface} of Open vSwitch on {host} has no device that was seen"
        walk.unseen("INSUFFICIENT_INFO_NETNS", says, came_by)
        return ends.End(Disposition.INSUFFICIENT_INFO, came_by, out.packet)
    switch = walk.world.switches[host]
    if not switch.is_internal(out.interface):
        return walk.transmit(device, out.packet)
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


def _tunnel(walk: Walk, came_by: Device, out: Out) -> End:
    tunnel = out.tunnel
    assert tunnel is not None
    space = walk.world.space(came_by.space.host)
    if space is None:
        return ends.dropped(came_by)
    if tunnel.type not in _BYTES:
        walk.unseen("INSUFFICIENT_INFO_TABLE", f"tunnels of type {tunnel.type} are not modelled", came_by)
        return ends.End(Disposition.UNSUPPORTED, came_by, out.packet)
    frame, overhead = out.packet, _BYTES[tunnel.type]
    port = {"vxlan": 4789, "geneve": 6081}.get(tunnel.type, 0)
    outer = Packet(
        src=tunnel.local,
        dst=tunnel.remote,
        proto="47" if tunnel.type == "gre" else "udp",
        dport=tunnel.port or port,
        df=False,
        inner=frame,
        vni=tunnel.key,
    )
    route = space.routes.choose(tunnel.remote, tunnel.local).route
    way_out = space.devices.get(route.link) if route else None
    if way_out is not None and route is not None:
        walk.too_big(
            min(route.mtu or way_out.mtu, way_out.mtu) - overhead,
            "TUN_OUTER_TOO_BIG_PTB",
            f"{way_out.name} of {space.host} takes {way_out.mtu} bytes, so the tunnel takes {way_out.mtu - overhead}",
            way_out,
            Disposition.TOO_BIG_SILENT,
            (way_out.link,),
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


def decapsulated(walk: Walk, device: Device, outer: Packet, kind: str) -> End:
    """A tunnel's packet at its endpoint, where a port of the switch takes it."""
    assert outer.inner is not None
    switch = walk.world.switches[device.space.host]
    interface = switch.tunnel_port(outer, kind)
    assert interface is not None
    from mitate.analyze.trace.openflow import Tunnel  # noqa: PLC0415 - as in World.switches

    tunnel = Tunnel(
        remote=outer.src, local=outer.dst, key=outer.vni or 0, port=outer.dport or None, type=kind
    )
    walk.step("decap", f"{kind.upper()} {outer.vni} from {ip(outer.src)}: {interface}")
    return cross(walk, device, outer.inner, tunnel, interface)
