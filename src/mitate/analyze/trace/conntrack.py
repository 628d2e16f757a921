"""Connection tracking as Linux does it (``nf_conntrack_core``, ``nf_nat_core``): what belongs together.

A connection is two tuples: what the first packet looked like when it came, and what an answer will look like
when it comes, which differs when addresses were translated. Everything else follows from the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from enum import IntFlag
from typing import TypeAlias

import msgspec

from mitate.analyze.trace import tcp_states as tcp
from mitate.analyze.trace.packet import ECHO_REPLY, ECHO_REQUEST, Packet, ip, number, port
from mitate.model.net import ConntrackEntry

Tuple: TypeAlias = tuple[str, int, int, int, int]
"""(protocol, src, dst, sport, dport). ICMP: sport is the identifier, dport the type."""
Space: TypeAlias = tuple[str, str]
"""(host, namespace)"""

_ANSWERED_BY = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17}
_QUESTIONS = frozenset({8, 13, 15, 17})
"""ICMP types that open a connection: echo, timestamp, information, address mask."""
_ERRORS = frozenset({3, 4, 5, 11, 12})
"""ICMP types that quote the packet that they are about."""

_NUMBERED = frozenset({"tcp", "udp", "icmp"})
"""Protocols with a port, or an identifier; 0 is none."""


class State(IntFlag):
    """What ``--ctstate`` can ask for. SNAT and DNAT are said beside one of the others."""

    INVALID = 1
    NEW = 2
    ESTABLISHED = 4
    RELATED = 8
    UNTRACKED = 16
    SNAT = 32
    DNAT = 64


class Connection:
    """A connection in one zone of one namespace. It is filled in while its first packet passes.

    entry: the captured fact that says so, None when the walk itself made it.
    src_done, dst_done: the rules of that side of NAT have had their say, which they have once.
    """

    __slots__ = (
        "confirmed",
        "dst_done",
        "dst_nat",
        "entry",
        "first",
        "mark",
        "replied",
        "reply",
        "src_done",
        "src_nat",
        "tcp",
        "zone",
    )

    def __init__(self, first: Tuple, zone: int = 0) -> None:
        self.first = first
        self.reply = inverse(first)
        self.zone = zone
        self.mark = 0
        self.tcp = tcp.NONE
        self.replied = self.confirmed = False
        self.src_nat = self.dst_nat = self.src_done = self.dst_done = False
        self.entry: ConntrackEntry | None = None

    def __repr__(self) -> str:
        return f"Connection({said(self.first)}; reply {said(self.reply)}; zone {self.zone})"


class Tracked(msgspec.Struct, frozen=True):
    """A packet's part in a connection. reply: it goes the way of the answers."""

    state: State
    connection: Connection | None = None
    reply: bool = False

    def answer(self) -> Tracked | None:
        """Of the ICMP error or the reset that this namespace sends back about the packet. None: it is looked
        up like any other."""
        if self.connection is None:
            return None
        # As it is now: the walk may go on as if the packet had not been refused, and change it.
        return Tracked(State.RELATED, copy(self.connection), not self.reply)


INVALID = Tracked(State.INVALID)
UNTRACKED = Tracked(State.UNTRACKED)


def inverse(one: Tuple) -> Tuple:
    """The tuple of an answer.

    >>> inverse(("udp", 1, 2, 1024, 53))
    ('udp', 2, 1, 53, 1024)
    >>> inverse(("icmp", 1, 2, 7, 8))
    ('icmp', 2, 1, 7, 0)
    """
    protocol, src, dst, sport, dport = one
    if protocol == "icmp":
        return (protocol, dst, src, sport, _ANSWERED_BY.get(dport, dport))
    return (protocol, dst, src, dport, sport)


def tuple_of(packet: Packet) -> Tuple:
    if packet.proto == "icmp":
        return (packet.proto, packet.src, packet.dst, packet.sport, packet.icmp_type)
    return (packet.proto, packet.src, packet.dst, packet.sport, packet.dport)


def is_error(packet: Packet) -> bool:
    """An ICMP message about another packet."""
    return packet.proto == "icmp" and packet.icmp_type in _ERRORS


def said(one: Tuple) -> str:
    protocol, src, dst, sport, dport = one
    if protocol in ("tcp", "udp"):
        return f"{protocol} {ip(src)}:{port(sport)} → {ip(dst)}:{port(dport)}"
    return f"{protocol} {ip(src)} → {ip(dst)}"


class Captured:
    """The connections that were seen in the kernels, found by their tuple.

    A namespace is indexed when it is first asked about; all walks share the index.
    """

    def __init__(self, entries: Mapping[Space, Sequence[ConntrackEntry]]) -> None:
        self._entries = entries
        self._indexes: dict[Space, dict[int, ConntrackEntry]] = {}

    def find(self, space: Space, zone: int, one: Tuple) -> tuple[ConntrackEntry, bool] | None:
        """The entry, and whether the tuple is that of its answers. A port of 0 stands for one that nobody
        uses, and finds nothing."""
        protocol, src, dst, sport, dport = one
        if (not sport and protocol in _NUMBERED) or (not dport and protocol in ("tcp", "udp")):
            return None
        index = self._indexes.get(space)
        if index is None:
            index = self._indexes[space] = _index(self._entries.get(space, ()))
        words = (protocol, ip(src), ip(dst), sport, dport, zone)
        entry = index.get(hash(words))
        if entry is None:
            return None
        for reply in (False, True):
            ends = (entry.reply_src, entry.reply_dst) if reply else (entry.src, entry.dst)
            ports = _reply_ports(entry) if reply else _ports(entry)
            if (entry.protocol, *ends, *ports, entry.zone) == words:
                return entry, reply
        return None


class Sessions:
    """The connections of one walk: those it made, then those that were captured."""

    def __init__(self, captured: Captured | Mapping[Space, Sequence[ConntrackEntry]] | None = None) -> None:
        self._captured = captured if isinstance(captured, Captured) else Captured(captured or {})
        self._made: dict[tuple[Space, int, Tuple], tuple[Connection, bool]] = {}
        self._taken: dict[int, Connection] = {}

    def track(self, space: Space, packet: Packet, zone: int = 0) -> Tracked:
        """What connection tracking says of a packet that comes into a namespace. A first packet gets a
        connection that is not yet to be found by others: see ``confirm``."""
        if is_error(packet):
            return self._error(space, packet, zone)
        one = tuple_of(packet)
        found = self._find(space, zone, one)
        if found is not None:
            connection, reply = found
            if packet.proto == "tcp":
                state = tcp.after(connection.tcp, packet.flags, reply)
                if state in tcp.INVALID:
                    return INVALID
                if state == tcp.SYN_SENT and connection.tcp in tcp.OVER:
                    return Tracked(State.NEW, Connection(one, zone))
                connection.tcp = state
            if reply:
                connection.replied = True
                return Tracked(State.ESTABLISHED, connection, True)
            return Tracked(State.ESTABLISHED if connection.replied else State.NEW, connection)
        if not _may_begin(packet):
            return INVALID
        connection = Connection(one, zone)
        connection.tcp = tcp.after(tcp.NONE, packet.flags, reply=False)
        return Tracked(State.NEW, connection)

    def confirm(self, space: Space, connection: Connection, passed: bool = True) -> None:
        """The first packet got through: from now on its connection is found. passed: it did, and a walk does
        not only go on as if it had."""
        connection.confirmed = passed
        self._made[(space, connection.zone, connection.first)] = (connection, False)
        self._made[(space, connection.zone, connection.reply)] = (connection, True)

    def taken(self, space: Space, connection: Connection) -> bool:
        """Whether another connection has the tuple of its answers: then NAT takes another port."""
        reply = connection.reply
        found = self._made.get((space, connection.zone, reply))
        if found is not None:
            return found[0] is not connection
        seen = self._captured.find(space, connection.zone, reply)
        return seen is not None and seen[0] is not connection.entry

    def _find(self, space: Space, zone: int, one: Tuple) -> tuple[Connection, bool] | None:
        made = self._made.get((space, zone, one))
        if made is not None:
            return made
        seen = self._captured.find(space, zone, one)
        if seen is None:
            return None
        entry, reply = seen
        connection = self._taken.get(id(entry))
        if connection is None:
            try:
                connection = self._taken[id(entry)] = _connection(entry)
            except ValueError:  # an entry with addresses of another kind belongs to no packet of ours
                return None
        return connection, reply

    def _error(self, space: Space, packet: Packet, zone: int) -> Tracked:
        """An ICMP error belongs to the connection of the packet that it quotes, if it is sent to whoever sent
        that (``nf_conntrack_inet_error``)."""
        if packet.inner is None:
            return INVALID
        found = self._find(space, zone, inverse(tuple_of(packet.inner)))
        if found is None:
            return INVALID
        connection, reply = found
        if packet.dst != (connection.reply if reply else connection.first)[2]:
            return INVALID
        return Tracked(State.RELATED, connection, reply)


def _may_begin(packet: Packet) -> bool:
    """A connection can begin so. TCP is picked up in its middle too (``nf_conntrack_tcp_loose``)."""
    if packet.proto == "tcp":
        return tcp.after(tcp.NONE, packet.flags, reply=False) not in tcp.INVALID
    return packet.proto != "icmp" or packet.icmp_type in _QUESTIONS


def _ports(entry: ConntrackEntry) -> tuple[int, int]:
    if entry.protocol == "icmp":
        return (entry.icmp_id or 0, ECHO_REQUEST)
    return (entry.sport or 0, entry.dport or 0)


def _index(entries: Sequence[ConntrackEntry]) -> dict[int, ConntrackEntry]:
    """By the hash of a tuple's words as they stand: 300,000 entries are indexed in a second; reading their
    addresses, or keeping the tuples, would take several. ``Captured.find`` looks whether it is the one."""
    index: dict[int, ConntrackEntry] = {}
    for entry in entries:
        protocol, zone = entry.protocol, entry.zone
        sport, dport = _ports(entry)
        back, to = _reply_ports(entry)
        index[hash((protocol, entry.reply_src, entry.reply_dst, back, to, zone))] = entry
        index[hash((protocol, entry.src, entry.dst, sport, dport, zone))] = entry
    return index


def _reply_ports(entry: ConntrackEntry) -> tuple[int, int]:
    if entry.protocol == "icmp":
        return (entry.icmp_id or 0, ECHO_REPLY)
    back, to = entry.reply_sport, entry.reply_dport
    return ((entry.dport or 0) if back is None else back, (entry.sport or 0) if to is None else to)


def _connection(entry: ConntrackEntry) -> Connection:
    sport, dport = _ports(entry)
    made = Connection((entry.protocol, number(entry.src), number(entry.dst), sport, dport), entry.zone)
    plain = made.reply
    made.reply = (entry.protocol, number(entry.reply_src), number(entry.reply_dst), *_reply_ports(entry))
    made.dst_nat = (made.reply[1], made.reply[3]) != (plain[1], plain[3])
    made.src_nat = (made.reply[2], made.reply[4]) != (plain[2], plain[4])
    made.src_done = made.dst_done = made.confirmed = True
    made.replied = not entry.unreplied
    made.mark = entry.mark
    made.tcp = tcp.NAMES.get(entry.state, tcp.ESTABLISHED)
    made.entry = entry
    return made
