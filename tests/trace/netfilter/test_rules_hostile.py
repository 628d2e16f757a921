"""Rules that cannot be read break nothing, and raise nothing but ValueError."""

from __future__ import annotations

from contextlib import suppress

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mitate.analyze.trace.conntrack import Sessions
from mitate.analyze.trace.netfilter import Firewall, Way
from mitate.analyze.trace.netfilter.words import read
from mitate.analyze.trace.packet import Packet
from mitate.model.net import IpSet, IptablesRule, NftChain, NftRule, NftSet
from tests.trace.netfilter.oracle import SOURCE
from tests.trace.netfilter.walls import CLIENT, SERVER, SYN, forward

WORDS = st.sampled_from(
    [
        "-A",
        "-j",
        "-g",
        "-m",
        "!",
        "-s",
        "-d",
        "-i",
        "-o",
        "-p",
        "FORWARD",
        "own",
        "tcp",
        "udp",
        "icmp",
        "state",
        "set",
        "--state",
        "NEW",
        "--dport",
        "80",
        "1:",
        ":9",
        "1:2:3",
        "-1",
        "99999999999999999999999999",
        "0x",
        "10.0.0.0/33",
        "10.0.0.1",
        "::1",
        "a,b",
        "--mark",
        "0x1/0x1",
        "--match-set",
        "x",
        "src,dst,src",
        "physdev",
        "--physdev-in",
        "+",
        "MARK",
        "--set-xmark",
        "DNAT",
        "--to-destination",
        "1.2.3.4-1:5-x",
        "CT",
        "--zone",
        "--notrack",
        "REJECT",
        "--reject-with",
        "tcp-reset",
        '"a',
        '\\"b"',
        "--icmp-type",
        "300/400",
        "multiport",
        "--dports",
        "1,2,x:",
        "conntrack",
        "--ctstate",
        ",,",
        "RETURN",
        "ACCEPT",
        "DROP",
        "--among-src",
        "fa:16:3e:0:0:1=9",
        "--arp-ip-src",
        "-p",
        "ARP",
        "--tcp-flags",
        "SYN",
        "ALL",
        "NONE",
        "SNAT",
        "MASQUERADE",
        "--to-ports",
        "²",
    ]
)
LINES = st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=60)


@given(
    st.lists(LINES, max_size=6), st.sampled_from(("ip", "bridge")), st.sampled_from(("filter", "nat", "raw"))
)
@settings(max_examples=300, deadline=None)
def test_no_rule_breaks_anything(lines: list[str], family: str, table: str) -> None:
    made = [
        IptablesRule(
            source=SOURCE, namespace="", table=table, chain=chain, rule=f"-A {chain} {line}", family=family
        )
        for line in lines
        for chain in ("PREROUTING", "FORWARD", "OUTPUT", "POSTROUTING", "own")
    ]
    sets = [IpSet(source=SOURCE, namespace="", name="x", type="hash:net,port", members=tuple(lines))]
    wall = Firewall("h", "", (), made, sets)
    for hook in ("PREROUTING", "FORWARD", "OUTPUT", "POSTROUTING", "INPUT"):
        for packet in (SYN, Packet(src=CLIENT, dst=SERVER), Packet(src=CLIENT, dst=SERVER, arp=1)):
            assert wall.cross_bridge(hook, packet, Way(iif="a", oif="b")).verdict
            if not packet.arp:
                assert wall.cross(hook, packet, Way(iif="a", oif="b"), Sessions()).verdict


@given(st.text(max_size=200))
@settings(deadline=None)
def test_reading_raises_only_value_errors(text: str) -> None:
    with suppress(ValueError):
        read(text)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 70000)
    | st.sampled_from(("ip", "tcp", "dport", "@s", "10.0.0.1", "*")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "match",
                    "left",
                    "right",
                    "op",
                    "payload",
                    "protocol",
                    "field",
                    "meta",
                    "key",
                    "ct",
                    "state",
                    "set",
                    "range",
                    "prefix",
                    "addr",
                    "len",
                    "concat",
                    "map",
                    "data",
                    "vmap",
                    "mangle",
                    "value",
                    "drop",
                    "accept",
                    "jump",
                    "target",
                    "dnat",
                    "snat",
                    "redirect",
                    "port",
                    "reject",
                    "type",
                    "expr",
                    "&",
                    "|",
                    "elem",
                    "val",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4), JSON)
@settings(max_examples=300, deadline=None)
def test_no_json_breaks_anything(expressions: list[object], elements: object) -> None:
    text = msgspec.json.encode(expressions).decode()
    chain = NftChain(
        source=SOURCE,
        namespace="",
        family="inet",
        table="t",
        chain="c",
        type="filter",
        hook="forward",
        priority=0,
    )
    rule = NftRule(source=SOURCE, namespace="", family="inet", table="t", chain="c", expression=text)
    held = msgspec.json.encode(elements).decode()
    named = NftSet(source=SOURCE, namespace="", family="inet", table="t", name="s", elements=held)
    wall = Firewall("h", "", (), (), (), [chain], [rule, rule], [named])
    assert forward(wall).verdict
