"""Predictions, written by hand, held against real packets in the small network."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from mitate.analyze.trace.live import agree
from mitate.collect.probe.plan import How, Plan, Shot
from mitate.collect.probe.run import run_probe
from mitate.collect.transport.local import LocalPlace
from mitate.model.trace import At, Direction, Disposition, Hop, Live, Sighting, Step, Trace

HERE = "here"
SPACES = ("prb-out", "prb-net", "prb-qr", "prb-cmp", "prb-dhcp")
"""The guest is not looked into, as in a real cloud."""
WATCHED = {HERE: SPACES}
FORWARD = (
    ("prb-out", "", "eth0"),
    ("prb-net", "ext0", "tapqg"),
    ("prb-qr", "qg-1", "qr-1"),
    ("prb-net", "tapqr", "under0"),
    ("prb-cmp", "under0", "tapvm"),
)

pytestmark = pytest.mark.xdist_group("probe")
BACK = tuple((space, leaves, enters) for space, enters, leaves in reversed(FORWARD))


def trace(
    ways: tuple[tuple[str, str, str], ...], direction: Direction, reason: str = "", guest: bool = True
) -> Trace:
    """A prediction: the ways through namespaces, and into (out of) the guest at the end (beginning)."""
    hops = [Hop(HERE, space, enters, leaves, steps(enters, leaves)) for space, enters, leaves in ways]
    if guest and not reason:
        end = Hop(HERE, "", "card", "", steps("card", ""), guest="vm1")
        begin = Hop(HERE, "", "", "card", steps("", "card"), guest="vm1")
        hops = [*hops, end] if direction is Direction.FORWARD else [begin, *hops]
    ended = Disposition.DROPPED if reason else Disposition.DELIVERED_ENDPOINT
    return Trace(direction, 84, "", tuple(hops), ended, reason)


def steps(enters: str, leaves: str) -> tuple[Step, ...]:
    found = [Step("enter", f"by {enters}")] if enters else [Step("originate", "")]
    return (*found, Step("exit", f"by {leaves}")) if leaves else tuple(found)


THERE, HOME = trace(FORWARD, Direction.FORWARD), trace(BACK, Direction.RETURN)


def probed(**changes: Any) -> Live:
    said = {
        "host": HERE, "how": How.STACK, "namespace": "prb-out", "proto": "icmp",
        "src": "203.0.113.100", "dst": "203.0.113.151",
    }  # fmt: skip
    plan = Plan(watch=WATCHED, shots=(Shot(**{**said, **changes}),), seconds=0.6)
    return asyncio.run(run_probe(plan, [LocalPlace(HERE)]))


def test_what_arrives_as_predicted_agrees(small: Any) -> None:
    told = agree((THERE, HOME), probed(), WATCHED)
    assert told.agrees is True
    assert told.lost_after is None
    assert told.says == ("It was answered, as predicted (seen at 18 of 18 predicted places).",)


def test_what_should_have_been_lost_and_is_answered_disagrees(small: Any) -> None:
    lost = trace((*FORWARD[:2], ("prb-qr", "qg-1", "")), Direction.FORWARD, "RTR_FORWARD_OFF")
    told = agree((lost,), probed(), WATCHED)
    assert told.agrees is False
    assert told.says[0].startswith("NOT AS PREDICTED: it was answered, but the packet should have been lost")


def test_what_is_lost_where_it_was_predicted_agrees(fragile: Any) -> None:
    fragile.inside("prb-qr", "iptables", "-A", "FORWARD", "-p", "icmp", "-j", "DROP")
    lost = trace((*FORWARD[:2], ("prb-qr", "qg-1", "")), Direction.FORWARD, "RTR_FORWARD_FIREWALL")
    told = agree((lost,), probed(), WATCHED)
    assert told.agrees is True
    assert told.lost_after == At(HERE, "prb-qr", "qg-1")
    assert told.says[:2] == (
        "As predicted, no answer came: the packet was seen last at here prb-qr qg-1 (RTR_FORWARD_FIREWALL).",
        "The kernel of here dropped it: NETFILTER_DROP in nft_do_chain, device qg-1.",
    )


def test_what_is_lost_elsewhere_disagrees(fragile: Any) -> None:
    fragile.inside("prb-qr", "iptables", "-A", "FORWARD", "-p", "icmp", "-j", "DROP")
    live = probed()
    far = trace((*FORWARD[:4], ("prb-cmp", "under0", "")), Direction.FORWARD, "TUN_VNI_MISMATCH")
    told = agree((far,), live, WATCHED)
    assert told.agrees is False
    assert "it should have been lost after here prb-cmp under0 (TUN_VNI_MISMATCH)" in told.says[0]
    told = agree((THERE, HOME), live, WATCHED)
    assert told.agrees is False
    assert told.lost_after == At(HERE, "prb-qr", "qg-1")
    assert "it should have come to here prb-qr qr-1 next" in told.says[0]


def test_what_comes_further_than_predicted_disagrees(fragile: Any) -> None:
    fragile.inside("prb-vm", "iptables", "-A", "INPUT", "-p", "icmp", "-j", "DROP")
    near = trace((*FORWARD[:2], ("prb-qr", "qg-1", "")), Direction.FORWARD, "RTR_NO_ROUTE")
    told = agree((near,), probed(), WATCHED)
    assert told.agrees is False


def test_an_answer_that_is_lost_as_predicted_agrees(fragile: Any) -> None:
    fragile.ip("-n", "prb-qr", "route", "add", "blackhole", "203.0.113.100/32")
    lost = trace((*BACK[:2], ("prb-qr", "qr-1", "")), Direction.RETURN, "RTR_BLACKHOLE")
    told = agree((THERE, lost), probed(), WATCHED)
    assert told.agrees is True
    assert told.lost_after == At(HERE, "prb-qr", "qr-1")
    assert "the answer was seen last at here prb-qr qr-1 (RTR_BLACKHOLE)" in told.says[0]


def test_a_silent_guest_disagrees_with_the_assumption_that_it_answers(fragile: Any) -> None:
    fragile.inside("prb-vm", "iptables", "-A", "INPUT", "-p", "icmp", "-j", "DROP")
    told = agree((THERE, HOME), probed(), WATCHED)
    assert told.agrees is False
    assert told.lost_after == At(HERE, "prb-cmp", "tapvm")
    assert told.says[0] == (
        "NOT AS PREDICTED: no answer came. The answer was seen nowhere; it should have come to"
        " here prb-cmp tapvm next."
    )


def test_a_port_of_a_switch_is_looked_for_in_its_namespace_only() -> None:
    """Open vSwitch: what the walk has leave the switch and enter a router is one device."""
    hops = (
        Hop(HERE, "", "eth2", "qg-1", steps("eth2", "qg-1")),
        Hop(HERE, "prb-qr", "qg-1", "", steps("qg-1", "")),
    )
    lost = Trace(Direction.FORWARD, 84, "", hops, Disposition.NO_ROUTE, "RTR_NO_ROUTE")
    places = (At(HERE, "", "eth2"), At(HERE, "prb-qr", "qg-1"))
    seen = tuple(Sighting(at, "in", datetime.now(UTC), "") for at in places)
    told = agree((lost,), Live(("one",), seen, answered=False), {HERE: ("", "prb-qr")})
    assert told.agrees is True
    assert told.lost_after == places[1]
    answered = agree((lost,), Live(("one",), seen, answered=True), {HERE: ("", "prb-qr")})
    assert "seen at 2 of 2 predicted places" in answered.says[0]


@pytest.mark.parametrize("live", [Live(()), Live((), answered=None)])
def test_nothing_sent_says_nothing(live: Live) -> None:
    assert agree((THERE, HOME), live, WATCHED) == live
