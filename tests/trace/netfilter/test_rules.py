"""What cannot be modelled is said; what cannot be read breaks nothing; what a rule of Neutron's is for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mitate.analyze.trace.conntrack import Sessions, Tracked
from mitate.analyze.trace.netfilter import Crossed, Firewall, Way, purpose
from mitate.analyze.trace.netfilter.words import read
from mitate.analyze.trace.packet import Packet, number
from mitate.model.net import IpSet, IptablesRule, NftChain, NftRule, NftSet
from tests.trace.netfilter.oracle import SOURCE, facts

CLIENT, SERVER = number("10.1.0.10"), number("10.2.0.10")
SYN = Packet(src=CLIENT, dst=SERVER, proto="tcp", sport=40000, dport=80)
PORT = "0d0c5827-e"
LB = "neutron-linuxbri"


def firewall(text: str, namespace: str = "", sets: Sequence[IpSet] = ()) -> Firewall:
    """Of tables as iptables-save prints them."""
    chains, rules = facts(text)
    there = [replace(one, namespace=namespace) for one in chains]
    rules = [replace(one, namespace=namespace) for one in rules]
    return Firewall("h", namespace, there, rules, sets)


def forward(
    wall: Firewall, packet: Packet = SYN, way: Way | None = None, track: Tracked | None = None
) -> Crossed:
    return wall.cross("FORWARD", packet, way or Way(iif="a", oif="b"), Sessions(), track)


def rules(*lines: str) -> str:
    return "\n".join(("*filter", ":FORWARD ACCEPT [0:0]", *lines, "COMMIT"))


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ("-m limit --limit 3/min -j ACCEPT", "accept"),
        ("-m limit --limit 3/min -j DROP", "drop-by-the-next"),
        ("-m statistic --mode random --probability 0.5 -j DROP", "drop-by-the-next"),
        ("-m time --timestart 01:00:00 -j ACCEPT", "accept"),
        ("-m nobody-knows --this -j ACCEPT", "accept"),
        ("-p tcp -m tcp --tcp-option 7 -j DROP", "drop-by-the-next"),
        ("-m set --match-set gone src -j DROP", "drop-by-the-next"),
        ('-m u32 --u32 "0>>22&0x3C@12>>26&0x3C@-3&0xFF=0" -j DROP', "drop-by-the-next"),
    ],
)
def test_what_cannot_be_modelled_is_an_assumption(rule: str, verdict: str) -> None:
    crossed = forward(firewall(rules(f"-A FORWARD {rule}", "-A FORWARD -p tcp -j DROP")))
    assert len(crossed.assumptions) == 1 and "FORWARD: rule 1" in crossed.assumptions[0]
    assert crossed.verdict == ("accept" if verdict == "accept" else "drop")
    if verdict != "accept":
        assert isinstance(crossed.by, IptablesRule) and crossed.by.rule.endswith("-p tcp -j DROP")


def test_a_doubt_that_does_not_matter_is_not_said() -> None:
    wall = firewall(
        rules(
            "-A FORWARD -p udp -m limit --limit 3/min -j DROP",  # of another protocol
            '-A FORWARD -m limit --limit 3/min -j LOG --log-prefix "-j DROP "',  # only tells
            "-A FORWARD -m recent --set --name x --rsource",
        )
    )
    assert forward(wall).assumptions == ()


def test_an_assumption_may_hide_behind_an_unseen_chain() -> None:
    crossed = forward(firewall(rules("-A FORWARD -j elsewhere")))
    assert crossed.verdict == "accept" and "elsewhere was not seen" in crossed.assumptions[0]


def test_chains_in_circles_end() -> None:
    lines = [f"-A c{one} -j c{(one + 1) % 40}" for one in range(40)] * 3
    crossed = forward(firewall(rules("-A FORWARD -j c0", *lines)))
    assert crossed.verdict == "accept" and "in circles" in " ".join(crossed.assumptions)


def test_a_port_that_nobody_uses_is_an_ephemeral_one() -> None:
    wall = firewall(rules("-A FORWARD -p tcp -m tcp --sport 1024:65535 -j ACCEPT", "-A FORWARD -j DROP"))
    assert forward(wall, SYN.but(sport=0)).verdict == "accept"
    wall = firewall(rules("-A FORWARD -p tcp -m tcp --sport 0:1023 -j ACCEPT", "-A FORWARD -j DROP"))
    assert forward(wall, SYN.but(sport=0)).verdict == "drop"


def test_the_decision_is_told_with_its_rule() -> None:
    wall = firewall(
        rules(":own - [0:0]", "-A FORWARD -j own", "-A own -s 10.9.0.0/16 -j ACCEPT", "-A own -j DROP")
    )
    crossed = forward(wall)
    assert crossed.steps[-1].did == "FORWARD own: rule 2 DROP"
    assert crossed.steps[-1].because is not None and crossed.steps[-1].because.excerpt == "-A own -j DROP"
    assert crossed.trail == ("FORWARD", "own") and crossed.hint == "HOST_FORWARD_DROP"
    wall = firewall("*filter\n:FORWARD DROP [0:0]\nCOMMIT")
    assert forward(wall).steps[-1].did == "FORWARD: policy DROP"


def test_both_backends_are_asked_and_the_legacy_one_is_named() -> None:
    mine, old = (
        facts(rules("-A FORWARD -p udp -j DROP")),
        facts(rules("-A FORWARD -p tcp -j DROP"), legacy=True),
    )
    crossed = forward(Firewall("h", "r", mine[0] + old[0], mine[1] + old[1]))
    assert (crossed.verdict, crossed.legacy, crossed.hint) == ("drop", True, "FW_TWO_BACKENDS")


def test_sets_of_macs() -> None:
    known = IpSet(source=SOURCE, namespace="", name="m", type="hash:mac", members=("FA:16:3E:00:00:01",))
    wall = firewall(rules("-A FORWARD -m set --match-set m src -j DROP"), sets=[known])
    assert forward(wall, SYN.but(smac="fa:16:3e:00:00:01")).verdict == "drop"
    assert forward(wall, SYN.but(smac="fa:16:3e:00:00:02")).verdict == "accept"


def test_rejected_packets_get_an_answer() -> None:
    crossed = forward(firewall(rules("-A FORWARD -j REJECT --reject-with icmp-host-prohibited")))
    assert crossed.verdict == "reject" and crossed.answer is not None
    assert (crossed.answer.icmp_type, crossed.answer.icmp_code, crossed.answer.dst) == (3, 10, CLIENT)
    assert crossed.answer.inner == SYN and crossed.answer.src == 0


def test_a_clamped_mss_is_told_and_a_ttl_is_set() -> None:
    clamp = "-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"
    crossed = forward(firewall(f"*mangle\n-A FORWARD {clamp}\n-A FORWARD -j TTL --ttl-set 7\nCOMMIT"))
    assert crossed.steps[0].kind == "mtu" and "clamped" in crossed.steps[0].did
    assert crossed.packet.ttl == 7 and not crossed.assumptions


def test_a_router_of_neutron_translates_there_and_back() -> None:
    """The rules of ``router_info.py``: a floating IP, the metadata proxy, and the marks between them."""
    wall = firewall(ROUTER, "qrouter-1")
    sessions = Sessions()
    fixed, fip = number("10.10.0.240"), number("203.0.113.151")
    pre = wall.cross("PREROUTING", SYN.but(dst=fip, dport=22), Way(iif="qg-1"), sessions)
    assert (pre.packet.dst, pre.packet.mark) == (fixed, 0x4000002)
    there = wall.cross("FORWARD", pre.packet, Way(iif="qg-1", oif="qr-1"), sessions, pre.track)
    there = wall.cross("POSTROUTING", there.packet, Way(iif="qg-1", oif="qr-1"), sessions, there.track)
    assert there.verdict == "accept" and there.packet.src == CLIENT
    reply = Packet(src=fixed, dst=CLIENT, proto="tcp", sport=22, dport=SYN.sport, flags="SA")
    back = wall.cross("PREROUTING", reply, Way(iif="qr-1"), sessions)
    assert back.packet.dst == CLIENT and back.packet.src == fixed  # un-NAT of the source is after routing
    back = wall.cross("POSTROUTING", back.packet, Way(iif="qr-1", oif="qg-1"), sessions, back.track)
    assert back.packet.src == fip
    error = Packet(src=number("10.10.0.1"), dst=CLIENT, icmp_type=3, icmp_code=4, inner=there.packet)
    told = wall.cross("PREROUTING", error, Way(iif="qr-1"), sessions)
    told = wall.cross("POSTROUTING", told.packet, Way(iif="qr-1", oif="qg-1"), sessions, told.track)
    assert told.packet.inner is not None and told.packet.inner.dst == fip


ROUTER = """*mangle
:neutron-l3-agent-PREROUTING - [0:0]
:neutron-l3-agent-mark - [0:0]
:neutron-l3-agent-scope - [0:0]
-A PREROUTING -j neutron-l3-agent-PREROUTING
-A neutron-l3-agent-PREROUTING -j neutron-l3-agent-mark
-A neutron-l3-agent-PREROUTING -j neutron-l3-agent-scope
-A neutron-l3-agent-mark -i qg-1 -j MARK --set-xmark 0x2/0xffff
-A neutron-l3-agent-scope -i qr-1 -j MARK --set-xmark 0x4000000/0xffff0000
-A neutron-l3-agent-scope -i qg-1 -j MARK --set-xmark 0x4000000/0xffff0000
COMMIT
*nat
:neutron-l3-agent-snat - [0:0]
-A PREROUTING -d 203.0.113.151/32 -j DNAT --to-destination 10.10.0.240
-A POSTROUTING ! -o qg-1 -m conntrack ! --ctstate DNAT -j ACCEPT
-A POSTROUTING -j neutron-l3-agent-snat
-A neutron-l3-agent-snat -s 10.10.0.240/32 -j SNAT --to-source 203.0.113.151 --random-fully
-A neutron-l3-agent-snat -o qg-1 -j SNAT --to-source 203.0.113.161 --random-fully
-A neutron-l3-agent-snat -m mark ! --mark 0x2/0xffff -m conntrack --ctstate DNAT -j SNAT --to 203.0.113.161
COMMIT
*filter
:neutron-l3-agent-scope - [0:0]
-A FORWARD -j neutron-l3-agent-scope
-A neutron-l3-agent-scope -o qr-1 -m mark ! --mark 0x4000000/0xffff0000 -j DROP
COMMIT
"""


def test_no_hook_of_that_name() -> None:
    with pytest.raises(ValueError, match="no hook"):
        firewall("").cross("SIDEWAYS", SYN, Way(), Sessions())


def test_a_host_of_three_thousand_rules_takes_no_time() -> None:
    raw, jumps, own = [], [], []
    for number_ in range(207):
        port = f"{number_:08x}-1"
        for side, letter in (("out", "i"), ("in", "o")):
            device = f"-m physdev --physdev-{side} tap{port}9 --physdev-is-bridged"
            jumps += [
                f"-A {LB}-FORWARD {device} -j {LB}-sg-chain",
                f"-A {LB}-sg-chain {device} -j {LB}-{letter}{port}",
            ]
            own += [
                f"-A {LB}-{letter}{port} {rest}"
                for rest in ("-p icmp -j RETURN", "-p tcp -j RETURN", "-j DROP")
            ]
        raw += [
            f"-A PREROUTING -{kind}{port} -j CT --zone 1"
            for kind in ("i brq", "m physdev --physdev-in tap", "i x")
        ]
    text = "\n".join(
        ("*raw", *raw, "COMMIT", "*filter", f"-A FORWARD -j {LB}-FORWARD", *jumps, *own, "COMMIT")
    )
    wall = firewall(text)
    way = Way(iif="brq1", oif="brq1", physin="vxlan-1", physout=f"tap{100:08x}-19", bridged=True)

    def once() -> Crossed:
        sessions = Sessions()
        pre = wall.cross("PREROUTING", SYN, way, sessions)
        crossed = wall.cross("FORWARD", pre.packet, way, sessions, pre.track)
        return wall.cross("POSTROUTING", crossed.packet, way, sessions, crossed.track)

    assert once().verdict == "accept"
    begin = time.process_time()
    for _ in range(200):
        once()
    assert (time.process_time() - begin) / 200 < 0.0003


# What rules are for --------------------------------------------------------------------------------------

NEUTRON = f"""*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -m physdev --physdev-in tap{PORT}9 -j CT --zone 4097
-A PREROUTING -i brq1 -j CT --zone 4097
COMMIT
*filter
:FORWARD ACCEPT [0:0]
:{LB}-FORWARD - [0:0]
:{LB}-sg-chain - [0:0]
:{LB}-i{PORT} - [0:0]
:{LB}-o{PORT} - [0:0]
:{LB}-s{PORT} - [0:0]
:{LB}-sg-fallback - [0:0]
-A FORWARD -j {LB}-FORWARD
-A {LB}-FORWARD -m physdev --physdev-out tap{PORT}9 --physdev-is-bridged -j {LB}-sg-chain
-A {LB}-FORWARD -m physdev --physdev-in tap{PORT}9 --physdev-is-bridged -j {LB}-sg-chain
-A {LB}-i{PORT} -m state --state RELATED,ESTABLISHED -j RETURN
-A {LB}-i{PORT} -p tcp -m tcp --dport 22 -j RETURN
-A {LB}-i{PORT} -m state --state INVALID -m comment --comment "Drop" -j DROP
-A {LB}-i{PORT} -j {LB}-sg-fallback
-A {LB}-o{PORT} -j {LB}-s{PORT}
-A {LB}-o{PORT} -p udp -m udp --sport 67 --dport 68 -m comment --comment "Prevent DHCP Spoofing" -j DROP
-A {LB}-o{PORT} -m state --state RELATED,ESTABLISHED -j RETURN
-A {LB}-o{PORT} -p icmp -j RETURN
-A {LB}-o{PORT} -j {LB}-sg-fallback
-A {LB}-s{PORT} -s 10.1.0.10/32 -m mac --mac-source fa:16:3e:24:a0:97 -j RETURN
-A {LB}-s{PORT} -j DROP
-A {LB}-sg-chain -m physdev --physdev-out tap{PORT}9 --physdev-is-bridged -j {LB}-i{PORT}
-A {LB}-sg-chain -m physdev --physdev-in tap{PORT}9 --physdev-is-bridged -j {LB}-o{PORT}
-A {LB}-sg-chain -j ACCEPT
-A {LB}-sg-fallback -j DROP
COMMIT
"""
MAC = "fa:16:3e:24:a0:97"
IN = Way(iif="brq1", oif="brq1", physin="vxlan-1", physout=f"tap{PORT}9", bridged=True)
OUT = Way(iif="brq1", oif="brq1", physin=f"tap{PORT}9", physout="vxlan-1", bridged=True)


@pytest.mark.parametrize(
    ("way", "packet", "code"),
    [
        (IN, SYN.but(dport=22), ""),
        (IN, SYN.but(dport=23), "SG_INGRESS_DENY"),
        (IN, SYN.but(dport=23, flags="SA"), "SG_CT_INVALID"),
        (OUT, SYN.but(smac=MAC), "SG_EGRESS_DENY"),
        (OUT, SYN.but(smac=MAC, proto="icmp"), ""),
        (OUT, SYN.but(smac=MAC, src=SERVER), "PS_IP_SPOOF"),
        (OUT, SYN.but(smac=MAC, proto="udp", sport=67, dport=68), "PS_DHCP_RA_SERVER"),
    ],
)
def test_security_groups(way: Way, packet: Packet, code: str) -> None:
    wall, sessions = firewall(NEUTRON), Sessions()
    pre = wall.cross("PREROUTING", packet, Way(iif="brq1", physin=way.physin), sessions)
    crossed = wall.cross("FORWARD", pre.packet, way, sessions, pre.track)
    assert crossed.hint == code
    assert crossed.verdict == ("drop" if code else "accept")


@pytest.mark.parametrize(
    ("namespace", "chain", "rule", "trail", "code"),
    [
        ("", "FORWARD", "-A FORWARD -j DROP", ("FORWARD",), "HOST_FORWARD_DROP"),
        ("", "ufw-before", "-A ufw-before -j DROP", ("INPUT", "ufw-before"), "TUN_HOST_FIREWALL"),
        ("", "OUTPUT", "-A OUTPUT -p udp --dport 4789 -j DROP", ("OUTPUT",), "TUN_HOST_FIREWALL"),
        ("qrouter-1", "FORWARD", "-A FORWARD -j DROP", ("FORWARD",), "RTR_FORWARD_FIREWALL"),
        (
            "qrouter-1",
            "neutron-l3-agent-scope",
            "-A neutron-l3-agent-scope -o qr-1 -m mark ! --mark 0x4000000/0xffff0000 -j DROP",
            ("FORWARD", "neutron-l3-agent-FORWARD", "neutron-l3-agent-scope"),
            "RTR_SCOPE_DROP",
        ),
        (
            "qrouter-1",
            "neutron-l3-agent-INPUT",
            "-A neutron-l3-agent-INPUT -p tcp -m tcp --dport 9697 -j DROP",
            ("INPUT", "neutron-l3-agent-INPUT"),
            "RTR_METADATA_MARK_DROP",
        ),
        ("qrouter-1", "PREROUTING", "-A PREROUTING -j CT --notrack", (), "NAT_NOTRACK"),
    ],
)
def test_purpose(namespace: str, chain: str, rule: str, trail: tuple[str, ...], code: str) -> None:
    fact = IptablesRule(source=SOURCE, namespace=namespace, table="filter", chain=chain, rule=rule)
    assert purpose(fact, trail) == code


def test_purpose_of_other_rules() -> None:
    nft = NftRule(source=SOURCE, namespace="", family="inet", table="t", chain="c", expression="[]")
    assert purpose(nft) == "FW_EXTRA_NFT_TABLE"
    arp = IptablesRule(
        source=SOURCE,
        namespace="",
        table="nat",
        chain="neutronARP-tap1",
        rule="-A x -j DROP",
        family="bridge",
    )
    assert purpose(arp) == "PS_ARP_SPOOF"
    assert purpose(None) == ""


# Hostile input -------------------------------------------------------------------------------------------

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
