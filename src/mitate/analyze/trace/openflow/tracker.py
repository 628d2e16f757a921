"""Connection tracking as the switch does it: what ``ct`` says of a packet, zone by zone, during one walk.

A Tracker is the memory of one walk, there and back: connections it made, flows and MAC addresses that the
switch learnt from its packets. Below it lies what was captured, which nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from mitate.analyze.trace.openflow.fields import CT_BITS
from mitate.analyze.trace.openflow.tables import Rule
from mitate.analyze.trace.packet import UNREACHABLE, Packet, number
from mitate.model.net import ConntrackEntry
from mitate.model.ovs import OvsConnection

NEW, EST, REL, RPL, INV, TRK, SNAT, DNAT = CT_BITS.values()

Tuple5 = tuple[str, int, int, int, int]
"""(protocol, source, destination, source port or ICMP id, destination port), of one direction."""


class Connection(msgspec.Struct):
    """origin and answer: the tuples of its two directions; they differ by more than order under NAT."""

    origin: Tuple5
    answer: Tuple5
    replied: bool = False
    mark: int = 0
    label: int = 0

    def translate(self, source: bool, address: int | None, port: int | None) -> None:
        """Give the connection another source, or destination; None keeps what it has."""
        protocol, src, dst, sport, dport = self.answer
        if source:
            dst, dport = dst if address is None else address, dport if port is None else port
        else:
            src, sport = src if address is None else address, sport if port is None else port
        self.answer = (protocol, src, dst, sport, dport)


class Tracked(msgspec.Struct, frozen=True):
    """What ct found. connection: None for a new or invalid packet. reverse: it is a reply."""

    state: int
    connection: Connection | None = None
    reverse: bool = False

    @property
    def mark(self) -> int:
        return self.connection.mark if self.connection else 0

    @property
    def label(self) -> int:
        return self.connection.label if self.connection else 0

    def __str__(self) -> str:
        return "".join(f"+{name}" for name, bit in CT_BITS.items() if self.state & bit)


class Captured:
    """The connections that were seen on a host, indexed once and shared by all walks."""

    def __init__(self, entries: Iterable[ConntrackEntry | OvsConnection] = ()) -> None:
        self._entries = entries
        self._zones: dict[int, dict[Tuple5, tuple[Connection, bool]]] | None = None

    def find(self, zone: int, packet: Tuple5) -> tuple[Connection, bool] | None:
        """(connection, is the packet a reply in it)."""
        if self._zones is None:
            self._zones = {}
            for entry in self._entries:
                self._take(entry)
        return self._zones.get(zone, {}).get(packet)

    def _take(self, entry: ConntrackEntry | OvsConnection) -> None:
        try:
            ends = [number(text) for text in (entry.src, entry.dst, entry.reply_src, entry.reply_dst)]
        except ValueError:  # IPv6
            return
        sport, dport = entry.sport or 0, entry.dport or 0
        back_from, back_to = dport, sport
        if isinstance(entry, ConntrackEntry) and entry.icmp_id is not None:
            sport = back_to = entry.icmp_id
            dport = back_from = 0
        back_from = entry.reply_sport if entry.reply_sport is not None else back_from
        back_to = entry.reply_dport if entry.reply_dport is not None else back_to
        if isinstance(entry, ConntrackEntry):
            replied = not entry.unreplied
        else:
            replied = entry.state not in ("SYN_SENT", "SYN_RECV")  # of UDP and ICMP nothing is told
        made = Connection(
            (entry.protocol, ends[0], ends[1], sport, dport),
            _icmp((entry.protocol, ends[2], ends[3], back_from, back_to)),
            replied,
            entry.mark,
        )
        zone = (self._zones or {}).setdefault(entry.zone, {})
        zone.setdefault(made.answer, (made, True))
        zone[made.origin] = (made, False)


def _icmp(tuple5: Tuple5) -> Tuple5:
    """The id of an echo stands first in both directions."""
    protocol, src, dst, sport, dport = tuple5
    return (protocol, src, dst, sport or dport, 0) if protocol == "icmp" else tuple5


def reversed_(tuple5: Tuple5) -> Tuple5:
    protocol, src, dst, sport, dport = tuple5
    return _icmp((protocol, dst, src, dport, sport))


class Tracker:
    """captured: of each host (``Switch.captured``). One tracker for one walk: every switch gets the same."""

    def __init__(self, captured: Mapping[str, Captured] = {}) -> None:
        self._captured = captured
        self._made: dict[tuple[str, int], dict[Tuple5, tuple[Connection, bool]]] = {}
        self.flows: dict[tuple[str, str, int], list[Rule]] = {}
        """Rules that ``learn`` made, by (host, bridge, table)."""
        self.macs: dict[tuple[str, str], dict[int, int]] = {}
        """Of each (host, bridge), ports behind which MAC addresses were seen, by VLAN << 48 | MAC."""

    def learn(self, host: str, bridge: str, table: int, rule: Rule) -> None:
        """Keep a flow that was learnt; it replaces one with the same match."""
        rules = self.flows.setdefault((host, bridge, table), [])
        rules[:] = [old for old in rules if (old.match, old.priority) != (rule.match, rule.priority)]
        rules.append(rule)

    def saw(self, host: str, bridge: str, address: int, port: int) -> None:
        self.macs.setdefault((host, bridge), {})[address] = port

    def look(self, host: str, zone: int, packet: Packet) -> Tracked:
        """The state of a packet in a zone."""
        if packet.arp:
            return Tracked(INV | TRK)
        if packet.proto == "icmp" and packet.icmp_type not in (0, 8):
            return self._error(host, zone, packet)
        tuple5 = _icmp(packet.tuple5())
        found = self._find(host, zone, tuple5)
        if found is None:
            return Tracked((NEW if _may_begin(packet) else INV) | TRK)
        connection, reverse = found
        state = TRK
        if reverse:
            connection.replied = True
            state |= EST | RPL
        else:
            state |= EST if connection.replied else NEW
        if connection.answer != reversed_(connection.origin):
            state |= _translated(connection)
        return Tracked(state, connection, reverse)

    def commit(self, host: str, zone: int, packet: Packet, tracked: Tracked, force: bool = False) -> Tracked:
        """Keep the connection of a new packet. Related and invalid ones make none."""
        if tracked.connection and not (force and tracked.reverse):
            return tracked
        if not tracked.state & NEW and not force:
            return tracked
        tuple5 = _icmp(packet.tuple5())
        made = Connection(tuple5, reversed_(tuple5))
        self.keep(host, zone, made)
        return Tracked(tracked.state & ~(EST | RPL) | NEW, made)

    def keep(self, host: str, zone: int, made: Connection) -> None:
        entries = self._made.setdefault((host, zone), {})
        entries[made.answer] = (made, True)
        entries[made.origin] = (made, False)

    def _find(self, host: str, zone: int, tuple5: Tuple5) -> tuple[Connection, bool] | None:
        found = self._made.get((host, zone), {}).get(tuple5)
        if found is None and host in self._captured:
            found = self._captured[host].find(zone, tuple5)
            if found:  # this walk may mark it, or see its reply: on a copy
                connection, reverse = msgspec.structs.replace(found[0]), found[1]
                self.keep(host, zone, connection)
                return connection, reverse
        return found

    def _error(self, host: str, zone: int, packet: Packet) -> Tracked:
        """An ICMP error is related to the connection of the packet it quotes."""
        if packet.inner is None or packet.icmp_type not in (UNREACHABLE, 4, 5, 11, 12):
            return Tracked((INV if packet.inner is None else NEW) | TRK)
        found = self._find(host, zone, _icmp(packet.inner.tuple5()))
        if found is None:
            return Tracked(INV | TRK)
        connection, reverse = found
        return Tracked(REL | TRK | (0 if reverse else RPL), connection, not reverse)


def _may_begin(packet: Packet) -> bool:
    """nf_conntrack_tcp_loose=1: a connection may be picked up in its middle, not by an answer or its end."""
    if packet.proto == "tcp":
        return packet.flags in ("S", "A", "PA")
    return packet.proto != "icmp" or packet.icmp_type == 8


def _translated(connection: Connection) -> int:
    _, src, dst, sport, dport = connection.origin
    _, back_src, back_dst, back_sport, back_dport = connection.answer
    source = (back_dst, back_dport) != (src, sport) and connection.origin[0] != "icmp"
    return (SNAT if source or back_dst != src else 0) | (
        DNAT if back_src != dst or (connection.origin[0] != "icmp" and back_sport != dport) else 0
    )
