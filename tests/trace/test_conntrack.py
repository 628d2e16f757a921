"""Connections: whose packet it is, in which state, and which captured entry says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from mitate.analyze.trace.conntrack import Captured, Sessions, State
from mitate.analyze.trace.packet import Packet, number
from mitate.model.net import ConntrackEntry
from mitate.model.source import Source

SPACE = ("network", "qrouter-1")
SOURCE = Source("network", "conntrack -L", datetime(2026, 1, 1, tzinfo=UTC))
CLIENT, FIP, FIXED = number("203.0.113.100"), number("203.0.113.151"), number("10.10.0.246")
SYN = Packet(src=CLIENT, dst=FIP, proto="tcp", sport=34914, dport=22)
REPLY = Packet(src=FIXED, dst=CLIENT, proto="tcp", sport=22, dport=34914, flags="SA")


SEEN = ConntrackEntry(
    source=SOURCE,
    namespace="qrouter-1",
    protocol="tcp",
    src="203.0.113.100",
    dst="203.0.113.151",
    sport=34914,
    dport=22,
    reply_src="10.10.0.246",
    reply_dst="203.0.113.100",
    state="ESTABLISHED",
    unreplied=False,
    mark=7,
)


def entry(**fields: object) -> ConntrackEntry:
    return replace(SEEN, **fields)


def sessions(*entries: ConntrackEntry) -> Sessions:
    return Sessions({SPACE: entries})


def test_a_connection_is_new_until_answered() -> None:
    walk = Sessions()
    first = walk.track(SPACE, SYN)
    assert first.state is State.NEW and first.connection is not None
    assert walk.track(SPACE, SYN).connection is not first.connection  # nobody confirmed it
    walk.confirm(SPACE, first.connection)
    assert walk.track(SPACE, SYN).connection is first.connection
    back = Packet(src=FIP, dst=CLIENT, proto="tcp", sport=22, dport=34914, flags="SA")
    assert walk.track(SPACE, back).state is State.ESTABLISHED
    assert walk.track(SPACE, back).reply
    assert walk.track(SPACE, SYN.but(flags="A")).state is State.ESTABLISHED
    assert walk.track(("network", "elsewhere"), back).state is State.INVALID
    assert walk.track(SPACE, back, zone=1).state is State.INVALID


def test_a_captured_entry_with_its_translation() -> None:
    found = sessions(entry()).track(SPACE, REPLY.but(flags="A"))
    assert found.state is State.ESTABLISHED and found.reply
    assert found.connection is not None and found.connection.entry is not None
    assert found.connection.dst_nat and not found.connection.src_nat
    assert found.connection.first[2] == FIP and found.connection.mark == 7


def test_what_a_walk_changes_stays_in_it() -> None:
    captured = Captured({SPACE: (entry(unreplied=True),)})
    one = Sessions(captured).track(SPACE, REPLY.but(flags="SA"))
    assert one.connection is not None
    one.connection.mark = 99
    two = Sessions(captured).track(SPACE, SYN.but(flags="A"))
    assert two.connection is not None and two.connection.mark == 7 and not two.connection.replied


@pytest.mark.parametrize("packet", [SYN.but(sport=0), REPLY.but(dport=0)])
def test_a_port_that_nobody_uses_finds_nothing(packet: Packet) -> None:
    walk = sessions(entry(sport=0), entry(sport=None, reply_dport=0))
    assert walk.track(SPACE, packet).state in (State.NEW, State.INVALID)


def test_an_echo_and_its_answer() -> None:
    echo = Packet(src=CLIENT, dst=FIP, sport=77)
    walk = sessions(entry(protocol="icmp", sport=None, dport=None, icmp_id=77, state=""))
    assert walk.track(SPACE, echo).state is State.ESTABLISHED
    answer = Packet(src=FIXED, dst=CLIENT, sport=77, icmp_type=0)
    assert walk.track(SPACE, answer).reply
    assert walk.track(SPACE, answer.but(sport=78)).state is State.INVALID
    assert walk.track(SPACE, echo.but(sport=0)).connection is not walk.track(SPACE, echo).connection


@pytest.mark.parametrize(
    ("flags", "state"), [("S", State.NEW), ("A", State.NEW), ("SA", State.INVALID), ("R", State.INVALID)]
)
def test_what_can_begin_a_connection(flags: str, state: State) -> None:
    assert Sessions().track(SPACE, SYN.but(flags=flags)).state is state


def test_a_syn_after_the_end_begins_anew() -> None:
    assert sessions(entry(state="TIME_WAIT")).track(SPACE, SYN).state is State.NEW
    assert sessions(entry(state="TIME_WAIT")).track(SPACE, SYN.but(flags="A")).state is State.ESTABLISHED


def test_an_icmp_error_belongs_to_what_it_quotes() -> None:
    walk = sessions(entry())
    quoted = SYN.but(dst=FIXED)
    error = Packet(src=number("10.10.0.1"), dst=CLIENT, icmp_type=3, icmp_code=4, inner=quoted)
    found = walk.track(SPACE, error)
    assert found.state is State.RELATED and found.reply
    assert walk.track(SPACE, error.but(dst=FIP)).state is State.INVALID  # sent to somebody else
    assert walk.track(SPACE, error.but(inner=quoted.but(sport=1))).state is State.INVALID
    assert walk.track(SPACE, error.but(inner=None)).state is State.INVALID


def test_entries_of_ipv6_are_nobodys() -> None:
    walk = sessions(
        entry(src="2001:db8::1", dst="2001:db8::2", reply_src="2001:db8::2", reply_dst="2001:db8::1")
    )
    assert walk.track(SPACE, SYN).state is State.NEW
