"""What a rule of Neutron's is for."""

from __future__ import annotations

import pytest

from mitate.analyze.trace.conntrack import Sessions
from mitate.analyze.trace.netfilter import Way, purpose
from mitate.analyze.trace.packet import Packet
from mitate.model.net import IptablesRule, NftRule
from tests.trace.netfilter.oracle import SOURCE
from tests.trace.netfilter.walls import SERVER, SYN, firewall

PORT = "0d0c5827-e"
LB = "neutron-linuxbri"


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
