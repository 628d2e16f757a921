"""A Linux bridge: port states, its forwarding table, flooding, ebtables, and iptables where bridge-nf is on.

The order is the kernel's (net/bridge/br_input.c, br_forward.c, br_netfilter_hooks.c): a frame that is not for
the bridge itself passes PREROUTING, FORWARD and POSTROUTING of the host with physdev set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mitate.analyze.trace import ends, neighbours, router
from mitate.analyze.trace.netfilter import Way
from mitate.analyze.trace.packet import BROADCAST, Packet
from mitate.model.diagnosis import Evidence
from mitate.model.net import FdbEntry, IptablesRule, NetworkSetting
from mitate.model.trace import Disposition

if TYPE_CHECKING:
    from mitate.analyze.trace.conntrack import Tracked
    from mitate.analyze.trace.ends import End
    from mitate.analyze.trace.space import Device
    from mitate.analyze.trace.walk import Walk

_STATES = ("disabled", "blocking", "listening", "learning")
_PINNED = ("static", "permanent")


def cross(walk: Walk, bridge: Device, port: Device | None, packet: Packet) -> End:
    """A frame in the bridge. port: where it came in, None when the host's own stack sends it."""
    if port is not None and port.link.port_state in _STATES:
        says = f"{port.name} of {bridge.name} is {port.link.port_state}: it forwards nothing"
        end = walk.stop("BR_PORT_NOT_FORWARDING", says, "bridge_lookup", port, seen=(port.link,))
        if packet.arp:
            return end
    hook = "PREROUTING" if port is not None else "OUTPUT"
    way = Way(iif=bridge.name, oif=bridge.name, physin=port.name if port else "")
    filtered = _ebtables(walk, bridge, hook, packet, way, port)
    if filtered is None:
        return ends.dropped(port)
    packet = filtered
    if port is not None and port.link.learning is not False:
        walk.common.learnt[id(bridge), packet.smac] = port
    if packet.dmac == BROADCAST or int(packet.dmac[:2], 16) & 1:
        return _flood(walk, bridge, port, packet)
    entry, out = _lookup(walk, bridge, packet.dmac)
    if out is bridge:
        if packet.dmac == bridge.mac or any(packet.dmac == each.mac for each in bridge.ports):
            return router.receive(walk, bridge, packet, physin=port.name if port else "")
        says = f"{bridge.name} takes frames to {packet.dmac} for its own host's"
        walk.stop("BR_FDB_WRONG_PORT", says, "bridge_lookup", bridge, seen=(entry,))
        return _to_owner(walk, bridge, port, packet)
    if out is None:
        return _flood(walk, bridge, port, packet)
    why = f"{packet.dmac} is behind {out.name}"
    wrong = out is port or _leads_astray(walk, bridge, out, packet.dmac)
    if entry is not None and wrong and entry.state in _PINNED:
        says = f"the forwarding table of {bridge.name} pins {packet.dmac} to {out.name}, where it is not"
        walk.fail("BR_FDB_WRONG_PORT", says, "bridge_lookup", out, seen=(entry,))
        return _to_owner(walk, bridge, port, packet)
    if out is port and not port.link.hairpin:
        return ends.dropped(port)
    walk.step("bridge_lookup", f"{bridge.name}: {why}", Evidence.of(entry) if entry else None)
    return _out(walk, bridge, port, out, packet)


def _lookup(walk: Walk, bridge: Device, mac: str) -> tuple[FdbEntry | None, Device | None]:
    """The entry and the port that the table gives; the bridge itself when it is the host's own."""
    devices = bridge.space.devices
    entries = [each for each in bridge.fdb.get(mac, []) if each.vlan in (None, 0, 1)]
    for entry in entries:
        if entry.state == "permanent":
            return entry, bridge
    if mac == bridge.mac or any(mac == each.mac for each in bridge.ports):
        return None, bridge
    learnt = walk.common.learnt.get((id(bridge), mac))
    # a static entry does not age, but it moves to where the MAC was seen, unless sticky (br_fdb_update)
    if learnt is not None and not any(each.sticky for each in entries):
        return None, learnt
    for entry in entries:
        port = devices.get(entry.link)
        # the VXLAN device has a table of its own, and entries that a host shows for both are not the bridge's
        if port is not None and port.bridge is bridge:
            return entry, port
    return None, None


def _leads_astray(walk: Walk, bridge: Device, out: Device, mac: str) -> bool:
    """Whether the owner of the address is known to be behind another port of the bridge, or elsewhere."""
    port = walk.world.port_of_mac.get(mac)
    if port is None or out.kind == "bridge":
        return False
    tap = walk.world.tap(port)
    if tap is None:
        return False
    if tap.space is bridge.space:
        return tap is not out
    return out.port is not None and out.port.mac.lower() != mac


def _to_owner(walk: Walk, bridge: Device, port: Device | None, packet: Packet) -> End:
    """After a failure of the table: on to the port behind which the owner is."""
    owner = walk.world.port_of_mac.get(packet.dmac)
    tap = walk.world.tap(owner) if owner else None
    if tap is not None and tap.bridge is bridge:
        return _out(walk, bridge, port, tap, packet)
    for each in bridge.ports:
        if each is not port and (each.kind == "vxlan" or (each.peer and each.peer.mac == packet.dmac)):
            return _out(walk, bridge, port, each, packet)
    return ends.dropped(port)


def _flood(walk: Walk, bridge: Device, port: Device | None, packet: Packet) -> End:
    """To every port but the one it came by; to the bridge's own stack too when it is for all."""
    broadcast = packet.dmac == BROADCAST
    owner = walk.world.port_of_mac.get(packet.dmac)
    tap = walk.world.tap(owner) if owner and not broadcast else None
    outs = [
        each
        for each in bridge.ports
        if each is not port
        and (each.link.flood is not False or broadcast)
        and each.link.port_state not in _STATES
    ]
    if packet.arp == 1:  # of hundreds of routers on an external bridge one has the address
        outs = [each for each in outs if neighbours.may_answer_behind(each, packet)]
    # the likeliest first: a way that ends well ends the search
    outs.sort(key=lambda each: (each is not tap, each.kind != "vxlan", each.name))
    ways: list[Callable[[], End]] = []
    if not broadcast:
        walk.step("bridge_lookup", f"{bridge.name} does not know {packet.dmac}: to every port")
    for out in outs:
        ways.append(lambda out=out: _out(walk, bridge, port, out, packet))  # type: ignore[misc]
    if broadcast and bridge.addresses and port is not None:
        ways.append(lambda: router.receive(walk, bridge, packet, physin=port.name))
    found = walk.best(ways, every=broadcast)
    if found is not None and (
        found.accepted or found.disposition.unknown or broadcast or walk.ended is not None
    ):
        return found
    return _nowhere(walk, bridge, port, packet)


def _nowhere(walk: Walk, bridge: Device, port: Device | None, packet: Packet) -> End:
    """No port led to whoever has this MAC: say why, and go on there where it can be known."""
    owner = walk.world.port_of_mac.get(packet.dmac)
    if owner is None:
        return ends.dropped(port)
    tap = walk.world.tap(owner)
    if tap is not None and tap.space is bridge.space and tap.bridge is not bridge:
        where = f"is in {tap.bridge.name}" if tap.bridge else "is in no bridge"
        says = f"{tap.name} on {tap.space.host} {where}, and should be in {bridge.name}"
        walk.fail("TAP_NOT_IN_BRIDGE", says, "bridge_lookup", tap, seen=(tap.link, bridge.link))
        return walk.transmit(tap, packet)
    if tap is not None and tap.bridge is bridge and tap.link.port_state in _STATES:
        says = f"{tap.name} of {bridge.name} is {tap.link.port_state}: it forwards nothing"
        walk.fail("BR_PORT_NOT_FORWARDING", says, "bridge_lookup", tap, seen=(tap.link,))
        return _out(walk, bridge, port, tap, packet)
    if tap is None and owner.host == bridge.space.host and owner.device_owner.startswith("compute:"):
        says = f"there is no {owner.tap} on {owner.host}: {bridge.name} has nowhere to send it"
        seen = (Evidence.of(owner), bridge.evidence(f"{bridge.name} has no port {owner.tap}"))
        return walk.stop("TAP_MISSING", says, "bridge_lookup", bridge, seen=seen)
    network = walk.world.network_of_bridge(bridge.name)
    tunnel = any(each.kind == "vxlan" for each in bridge.ports)
    if owner.host != bridge.space.host and not tunnel and network and network.type in ("vxlan", "gre"):
        says = f"{bridge.name} on {bridge.space.host} has no tunnel device, and the port is on {owner.host}"
        return walk.stop("TUN_REMOTE_MISSING", says, "bridge_lookup", bridge, seen=(bridge.link,))
    return ends.dropped(port)


def outside_of_it(walk: Walk, tap: Device, packet: Packet) -> End:
    """A frame comes in by a tap that is in no bridge."""
    assert tap.port is not None
    if hidden := walk.world.hides(tap.space.host):
        walk.unseen("INSUFFICIENT_INFO_TABLE", f"which bridge {tap.name} is in cannot be told: {hidden}", tap)
        return ends.End(Disposition.INSUFFICIENT_INFO, tap, packet)
    bridge = tap.space.devices.get(f"brq{tap.port.network_id[:11]}")
    should = f", and should be in {bridge.name}" if bridge is not None else ""
    says = f"{tap.name} on {tap.space.host} is in no bridge{should}"
    seen = (tap.link, bridge.link if bridge is not None else None)
    end = walk.stop("TAP_NOT_IN_BRIDGE", says, "bridge_lookup", tap, seen=seen)
    return end if packet.arp or bridge is None else cross(walk, bridge, tap, packet)


def _out(walk: Walk, bridge: Device, port: Device | None, out: Device, packet: Packet) -> End:
    """Through the firewalls of the bridge, and out of one port."""
    if out.link.port_state in _STATES:
        says = f"{out.name} of {bridge.name} is {out.link.port_state}: it forwards nothing"
        end = walk.stop("BR_PORT_NOT_FORWARDING", says, "bridge_lookup", out, seen=(out.link,))
        if packet.arp:
            return end
    if port is not None and port.link.isolated and out.link.isolated:
        says = f"{port.name} and {out.name} of {bridge.name} are both isolated: nothing passes between them"
        end = walk.stop("BR_PORT_ISOLATED", says, "bridge_lookup", out, seen=(port.link, out.link))
        if packet.arp:
            return end
    way = Way(
        iif=bridge.name,
        oif=bridge.name,
        physin=port.name if port else "",
        physout=out.name,
        bridged=port is not None,
    )
    called = port is not None and not packet.arp and _calls_iptables(walk, bridge)
    track = None
    for hook in ("PREROUTING", "FORWARD", "POSTROUTING"):
        if hook == "POSTROUTING" or (hook == "FORWARD" and port is not None):
            filtered = _ebtables(walk, bridge, hook, packet, way, out)
            if filtered is None:
                return ends.dropped(out)
            packet = filtered
        if called:
            packet, track = _iptables(walk, bridge, hook, packet, way, out, track)
    if not packet.arp:
        _fits(walk, bridge, out, packet, called)
    return walk.transmit(out, packet)


def _fits(walk: Walk, bridge: Device, out: Device, packet: Packet, called: bool) -> None:
    """The MTU of the way out. bridge-nf counts what it drops (FragFails), the bridge alone allows 4 bytes
    more and counts nothing; neither tells the sender.

    Without DF bridge-nf fragments, but not what came in larger fragments than the bridge's own MTU
    (br_nf_ip_fragment: ``frag_max_size``).
    """
    says = f"{bridge.name} does not pass more than {out.mtu} bytes to {out.name}, and says nothing"
    lost = ("TUN_INNER_TOO_BIG_BRIDGE", says, out, Disposition.TOO_BIG_SILENT, (out.link,))
    if not called:
        walk.too_big(out.mtu + 4, *lost)
    elif packet.df:
        walk.too_big(out.mtu, *lost)
    elif walk.cut > bridge.mtu:
        walk.too_big(max(out.mtu, walk.cut), *lost, whole=True)


def _calls_iptables(walk: Walk, bridge: Device) -> bool:
    space = bridge.space
    if space.lacks(NetworkSetting):
        # nobody told: with security groups in iptables it has to be on
        walk.common.assume(f"bridge-nf-call-iptables of {space.host} was not seen: taken as on")
        return True
    return space.setting("bridge/bridge-nf-call-iptables") == 1


def _iptables(
    walk: Walk, bridge: Device, hook: str, packet: Packet, way: Way, out: Device, track: Tracked | None
) -> tuple[Packet, Tracked | None]:
    walk.needs(bridge.space, IptablesRule)
    crossed = bridge.space.firewall.cross(hook, packet, way, walk.common.sessions, track)
    walk.crossed(crossed)
    if crossed.verdict != "accept":
        ends.refused(walk, out, hook, crossed, way)
    return crossed.packet, crossed.track


def _ebtables(
    walk: Walk, bridge: Device, hook: str, packet: Packet, way: Way, at: Device | None
) -> Packet | None:
    """What the bridge's own firewall makes of it; None when it is dropped and there is no way on."""
    crossed = bridge.space.firewall.cross_bridge(hook, packet, way)
    walk.crossed(crossed)
    if crossed.verdict != "accept":
        ends.refused(walk, at or bridge, hook, crossed, way)
        if packet.arp:
            return None
    return crossed.packet
