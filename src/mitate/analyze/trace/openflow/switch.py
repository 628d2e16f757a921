"""Open vSwitch of one host, as a walk sees it: a packet goes in by one interface, and comes out by others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TypeVar

import msgspec

from mitate.analyze.trace.openflow.bridge import TUNNELS, Bridge, Port
from mitate.analyze.trace.openflow.change import headers, key_of, packet_of
from mitate.analyze.trace.openflow.fields import TAGGED, TUN_DST, TUN_ID, TUN_SRC, VLAN, Key
from mitate.analyze.trace.openflow.reasons import Dead, explain, first, standing
from mitate.analyze.trace.openflow.run import Run
from mitate.analyze.trace.openflow.tracker import Captured, Tracker
from mitate.analyze.trace.openflow.trail import Left
from mitate.analyze.trace.packet import Packet, number
from mitate.model.diagnosis import Evidence
from mitate.model.net import ConntrackEntry
from mitate.model.ovs import OvsBridge, OvsConnection, OvsFdb, OvsFlow, OvsGroup, OvsInterface, OvsPort
from mitate.model.source import Fact
from mitate.model.trace import Step

PORT_OF = {"vxlan": 4789, "geneve": 6081}
"""Default UDP ports."""


class Tunnel(msgspec.Struct, frozen=True):
    """The outer header. remote: the other host, local: this one (0: the route decides); key: VNI or GRE key.
    port: UDP port, None for GRE."""

    remote: int
    local: int
    key: int
    port: int | None
    type: str


class Out(msgspec.Struct, frozen=True):
    """The packet leaves the switch by an interface. tunnel: and goes into this tunnel."""

    interface: str
    packet: Packet
    tunnel: Tunnel | None
    steps: tuple[Step, ...]


class Crossing(msgspec.Struct, frozen=True):
    """What a switch did with a packet. reason: "" when it came out somewhere, else why it did not.

    dead: branches that died, those of a flood that did come out elsewhere too. by: what shows the reason.
    """

    outs: tuple[Out, ...]
    steps: tuple[Step, ...]
    reason: str = ""
    says: str = ""
    by: Fact | None = None
    assumptions: tuple[str, ...] = ()
    dead: tuple[Dead, ...] = ()


F = TypeVar("F", OvsPort, OvsFlow, OvsGroup, OvsFdb, OvsInterface)


def _grouped(facts: Iterable[F]) -> dict[str, list[F]]:
    found: dict[str, list[F]] = {}
    for fact in facts:
        found.setdefault(fact.bridge, []).append(fact)
    return found


class Switch:
    """All bridges of a host. seen: were flows looked at; False makes every way through it unknown.

    Patches are followed inside. Tables are compiled when a packet first reaches them.
    """

    def __init__(
        self,
        host: str,
        bridges: Sequence[OvsBridge],
        ports: Sequence[OvsPort],
        interfaces: Sequence[OvsInterface],
        flows: Sequence[OvsFlow],
        groups: Sequence[OvsGroup] = (),
        fdb: Sequence[OvsFdb] = (),
        connections: Sequence[OvsConnection | ConntrackEntry] = (),
        seen: bool = True,
    ) -> None:
        self.host, self.seen = host, seen
        self.captured = Captured(connections)
        told = {port.name: port for port in ports}
        by_bridge = _grouped(interfaces), _grouped(flows), _grouped(groups), _grouped(fdb)
        self.bridges = {
            fact.name: Bridge(
                fact,
                [Port(own, told.get(own.port)) for own in by_bridge[0].get(fact.name, ())],
                by_bridge[1].get(fact.name, ()),
                by_bridge[2].get(fact.name, ()),
                by_bridge[3].get(fact.name, ()),
                seen,
            )
            for fact in bridges
        }
        self._ports = {
            port.name: (bridge, port)
            for bridge in self.bridges.values()
            for port in bridge.interfaces.values()
        }

    def has(self, interface: str) -> bool:
        return interface in self._ports

    def bridge_of(self, interface: str) -> Bridge | None:
        found = self._ports.get(interface)
        return found[0] if found else None

    def fault(self, interface: str) -> Dead | None:
        """What is wrong with a port whatever the packet (no device, dead VLAN, no tag); None when nothing is.

        For a packet that was to leave by it and did not.
        """
        found = self._ports.get(interface)
        return standing(found[1], found[0]) if found else None

    def tunnel_port(self, tunnel: Tunnel) -> str | None:
        """The interface that takes a tunnelled packet: the most exact one, as ``tnl_find`` chooses it.

        tunnel: as the packet that arrived has it, remote its sender. None: this host does not take it.
        """
        best: tuple[int, str] | None = None
        for bridge, port in self._ports.values():
            if port.fact.type != tunnel.type or port.number is None or bridge is None:
                continue
            options = port.options
            if tunnel.port is not None and _udp_port(port) != tunnel.port:
                continue
            score = 0
            for name, wanted, weight in (("local_ip", tunnel.local, 2), ("remote_ip", tunnel.remote, 1)):
                given = options.get(name, "")
                if given not in ("", "flow"):
                    score += weight
                    if _number(given) != wanted:
                        score = -99
            key = options.get("in_key", options.get("key", "0"))
            if key != "flow":
                score += 4 if key.isdecimal() and int(key) == tunnel.key else -99
            if score >= 0 and (best is None or score > best[0]):
                best = (score, port.name)
        return best[1] if best else None

    def receive(
        self, interface: str, packet: Packet, tracker: Tracker, tunnel: Tunnel | None = None
    ) -> Crossing:
        """The packet enters by an interface of the switch. Raises KeyError for one that it has not.

        tunnel: the outer header, when it came out of a tunnel (remote its sender, local this host).
        """
        bridge, port = self._ports[interface]
        if port.number is None:
            found = standing(port, bridge)
            assert found
            return self._died(found, (found,), ())
        if not self.seen:
            says = f"the flows of {bridge.name} were not seen"
            return self._died(Dead("INSUFFICIENT_INFO_TABLE", says, bridge.fact), (), (says,))
        key = key_of(packet, port.number)
        if tunnel:
            key[TUN_ID], key[TUN_SRC], key[TUN_DST] = tunnel.key, tunnel.remote, tunnel.local
        run = Run(self.host, self._peer, packet, tracker)
        run.go(bridge, key)
        entrance = standing(port, bridge)
        dead = [explain(death, entrance, lambda: self.unpatched) for death in run.deaths]
        assumptions = tuple(run.assumptions)
        if entrance and entrance.code == "OVS_DEAD_VLAN":  # what floods to a bridge's own port is lost too
            return self._died(entrance, (entrance, *dead), assumptions)
        if not run.left:
            found = first(dead) or Dead("OVS_TABLE_MISS", f"{bridge.name}: it goes nowhere", bridge.fact)
            return self._died(found, tuple(dead), assumptions)
        outs = tuple(self._outs(run.left, packet, key))
        return Crossing(outs, outs[0].steps, assumptions=assumptions, dead=tuple(dead))

    def _outs(self, left: list[Left], packet: Packet, came: Key) -> Iterable[Out]:
        """One packet for all that leave alike: a flood has many ways out."""
        made: dict[tuple[int, ...], Packet] = {}
        for way in left:
            same = headers(way.key)
            if same not in made:
                made[same] = packet_of(way.key, packet)
            steps = way.trail.steps() if way.trail else ()
            if way.key[VLAN] & 0x1FFF != came[VLAN] & 0x1FFF:
                steps = (*steps, Step("vlan", _retagged(came[VLAN], way.key[VLAN])))
            yield Out(way.port.name, made[same], _tunnel(way), steps)

    def _died(self, dead: Dead, all_: tuple[Dead, ...], assumptions: tuple[str, ...]) -> Crossing:
        trail = dead.death.trail if dead.death else None
        kind = {"PS": "port_security", "SG": "filter"}.get(dead.code[:2], "ovs_table")
        last = Step(kind, dead.says, Evidence.of(dead.by) if dead.by else None, dead.code)
        steps = (*(trail.steps() if trail else ()), last)
        return Crossing((), steps, dead.code, dead.says, dead.by, assumptions, all_)

    def _peer(self, port: Port) -> tuple[Bridge, Port] | None:
        """The other end of a patch: both must name each other."""
        found = self._ports.get(port.peer)
        if found and found[1].peer == port.name and found[1].number is not None:
            return found
        return None

    @cached_property
    def unpatched(self) -> OvsBridge | OvsInterface | None:
        """A patch that leads nowhere; or a bridge without one that the agent made its own (``secure``)."""
        if not any(bridge.integrates for bridge in self.bridges.values()):
            return None
        for bridge in self.bridges.values():
            patches = [port for port in bridge.interfaces.values() if port.fact.type == "patch"]
            loose = [port for port in patches if not self._peer(port)]
            if loose:
                return loose[0].fact
            if not patches and not bridge.integrates and bridge.fact.fail_mode == "secure":
                return bridge.fact
        return None


def _tunnel(way: Left) -> Tunnel | None:
    kind = way.port.fact.type
    if kind not in TUNNELS:
        return None
    key = way.key
    return Tunnel(key[TUN_DST], key[TUN_SRC], key[TUN_ID], _udp_port(way.port), kind)


def _udp_port(port: Port) -> int | None:
    given = port.options.get("dst_port", "")
    return int(given) if given.isdecimal() else PORT_OF.get(port.fact.type)


def _number(address: str) -> int | None:
    try:
        return number(address)
    except ValueError:
        return None


def _retagged(before: int, after: int) -> str:
    if not after & TAGGED:
        return f"VLAN tag {before & 0xFFF} taken off"
    return f"VLAN tag {after & 0xFFF} put on" + (f" for {before & 0xFFF}" if before & TAGGED else "")
