"""What cannot be modelled is said; what cannot be read breaks nothing; what a rule of Neutron's is for."""

from __future__ import annotations

import pytest

from mitate.analyze.trace.conntrack import Sessions
from mitate.analyze.trace.netfilter import Firewall, Way
from mitate.analyze.trace.packet import Packet, number
from mitate.model.net import IpSet, IptablesRule
from tests.trace.netfilter.oracle import SOURCE, facts
from tests.trace.netfilter.walls import CLIENT, SYN, firewall, forward


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
