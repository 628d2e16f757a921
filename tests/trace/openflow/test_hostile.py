"""Flows that nobody would write: the compilers raise ValueError or nothing, and are done soon."""

from __future__ import annotations

import contextlib
import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mitate.analyze.trace.openflow import Switch, Tracker
from mitate.analyze.trace.openflow.grammar import parse
from mitate.analyze.trace.openflow.groups import buckets
from mitate.analyze.trace.openflow.match import match
from mitate.analyze.trace.packet import Packet
from mitate.model.ovs import OvsBridge, OvsFlow, OvsGroup, OvsInterface
from mitate.model.source import Source
from tests.trace.openflow.neutron import br_tun, hybrid, native

SOURCE = Source("compute1", "ovs-ofctl", datetime(2026, 11, 22, tzinfo=UTC))
FLOWS = [flow.partition("actions=") for flow in (*native(), *hybrid(), *br_tun())]
MATCHES = sorted({re.sub(r"^table=\d+,priority=\d+,?", "", head) for head, _, _ in FLOWS})
ACTIONS = sorted(
    {
        *(actions for _, _, actions in FLOWS),
        "learn(table=1,NXM_OF_ETH_TYPE[]=0x800,load:5->NXM_NX_REG0[],output:NXM_OF_IN_PORT[])",
        "ct(commit,zone=5,nat(src=10.0.0.1-10.0.0.9:1-9),exec(set_field:1->ct_mark),table=3),clone(output:1)",
        "check_pkt_larger(1500)->reg0[0],bundle(eth_src,0,hrw,ofport,slaves:4,8),conjunction(1,2/3)",
        "group:1,write_actions(output:1),goto_table:5,enqueue:1:2,push:reg0[],pop:reg1[],move:reg0[]->reg1[]",
    }
)
AWKWARD = st.sampled_from(
    ["", ",", "(", ")", "[", "]", "->", "=", ":", "/", "²", "-1", "9" * 40, "0x", "\x00", '"']
)
PARTS = r"([,():=/\[\]]|->)"


@st.composite
def mangled(draw: st.DrawFn, samples: list[str]) -> str:
    """A sample with some words in others' places, replaced or doubled."""
    words = re.split(PARTS, draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(words) - 1))
        words[at] = draw(st.one_of(AWKWARD, st.text(max_size=8), st.sampled_from(words)))
    return "".join(words)


FUZZ = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


@FUZZ
@given(st.one_of(mangled(MATCHES), st.text(max_size=100)))
def test_matches(text: str) -> None:
    try:
        match(text, {"tap1": 1})
    except ValueError as why:
        assert len(str(why)) < 300


@FUZZ
@given(st.one_of(mangled(ACTIONS), st.text(max_size=100)))
def test_actions(text: str) -> None:
    try:
        parse(text, {"tap1": 1})
    except ValueError as why:
        assert len(str(why)) < 300


@FUZZ
@given(mangled([f"bucket=weight:1,watch_port:1,actions={text}" for text in ACTIONS]))
def test_buckets(text: str) -> None:
    try:
        buckets(OvsGroup(source=SOURCE, bridge="b", group_id=1, type="all", buckets=text), {})
    except ValueError as why:
        assert len(str(why)) < 300


def switch(*flows: tuple[str, str]) -> Switch:
    bridge = OvsBridge(source=SOURCE, name="br", fail_mode="secure")
    ports = [
        OvsInterface(source=SOURCE, name=f"tap{n}", port=f"tap{n}", bridge="br", ofport=n, type="internal")
        for n in (1, 2)
    ]
    made = [
        OvsFlow(source=SOURCE, bridge="br", table=0, priority=number, match=head, actions=actions)
        for number, (head, actions) in enumerate(flows)
    ]
    return Switch("compute1", [bridge], [], ports, made)


@FUZZ
@given(st.lists(st.tuples(mangled(MATCHES), mangled(ACTIONS)), max_size=4), mangled(ACTIONS))
def test_a_packet_gets_an_answer_whatever_the_flows(flows: list[tuple[str, str]], always: str) -> None:
    crossing = switch(*flows, ("", always)).receive("tap1", Packet(1, 2, "tcp"), Tracker())
    assert crossing.reason or crossing.outs
    assert crossing.steps or crossing.outs


@pytest.mark.parametrize(
    "actions",
    [
        "resubmit(,0)",
        "resubmit(,0),resubmit(,0)",
        "ct(table=0)",
        "ct(table=0),ct(table=0)",
        "clone(resubmit(,0)),clone(resubmit(,0)),output:2",
        "output:2," * 20_000 + "resubmit(,0)",
    ],
)
def test_flows_without_an_end(actions: str) -> None:
    began = time.monotonic()
    crossing = switch(("", actions)).receive("tap1", Packet(1, 2, "udp"), Tracker())
    assert time.monotonic() - began < 5
    assert crossing.reason == "RTR_LOOP" or crossing.dead


@pytest.mark.parametrize("text", ["(" * 100_000, "clone(" * 5000 + ")" * 5000, "output:1," * 100_000])
def test_work_is_bounded(text: str) -> None:
    began = time.monotonic()
    with contextlib.suppress(ValueError):
        parse(text)
    assert time.monotonic() - began < 5
