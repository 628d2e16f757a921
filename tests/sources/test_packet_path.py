"""What a packet meets, made in real namespaces and told by the scripts. Needs root, and cleans up."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from mitate.collect.question import all_sources
from mitate.model.net import (
    ConntrackEntry,
    FdbEntry,
    IpSet,
    IptablesChain,
    IptablesRule,
    Link,
    Neighbour,
    NetworkSetting,
    NftChain,
    NftRule,
    NftSet,
    PolicyRule,
    Route,
)

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nsenter"),
    reason="needs root, ip and nsenter to make namespaces",
)
ID = uuid.uuid4().hex[:6]
ROUTER, FLOATING, HOST = f"qrouter-t-{ID}", f"fip-t-{ID}", f"host-t-{ID}"
TAP = f"tap-{ID}"
NFT = """
table inet guard {
  set open { type inet_service; flags interval; elements = { 22, 4000-5000 } }
  map judge { type ipv4_addr : verdict; elements = { 192.0.2.9 : drop } }
  chain input {
    type filter hook input priority 5; policy accept;
    tcp dport @open accept
    ip saddr vmap @judge
  }
  chain aside {
  }
}
table ip filter {
  chain own_name {
    type filter hook forward priority 0;
  }
}
"""


def run(command: str, where: str = "", given: str = "") -> None:
    words = [*(("ip", "netns", "exec", where) if where else ()), *command.split()]
    subprocess.run(words, input=given, text=True, check=True, capture_output=True, timeout=20)


def needs(*tools: str) -> None:
    for tool in tools:
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")


def ask(name: str, facts: Any) -> list[Any]:
    """What the script tells of the namespaces made here, and of the host's own end of the cable."""
    script = all_sources()[name].question.script  # type: ignore[union-attr]
    done = subprocess.run(
        ["dash", "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ours = (ROUTER, FLOATING, HOST)
    found = facts(name, done.stdout)
    return [
        fact for fact in found if getattr(fact, "namespace", "") in ours or getattr(fact, "name", "") == TAP
    ]


def of(kind: type[Any], found: list[Any], namespace: str = ROUTER) -> list[Any]:
    return [fact for fact in found if type(fact) is kind and fact.namespace == namespace]


@pytest.fixture(scope="module", autouse=True)
def spaces() -> Iterator[None]:
    """A router with a leg in the host and one in a floating-IP namespace, and a host with a bridge."""
    try:
        for name in (ROUTER, FLOATING, HOST):
            run(f"ip netns add {name}")
        run(f"ip link add {TAP} type veth peer name qr-t netns {ROUTER}")
        for command in (
            f"link add rfp-t type veth peer name fpr-t netns {FLOATING}",
            "link set qr-t up",
            "link set lo up",
            "link set rfp-t up",
            "address add 10.99.0.1/24 dev qr-t",
            "address add 10.98.0.1/24 dev rfp-t",
            "route add 192.0.2.0/24 via 10.97.0.9 dev rfp-t onlink metric 50 mtu 1400 src 10.98.0.1",
            "route add local default dev lo table 100",
            "neighbour add proxy 10.99.0.77 dev qr-t",
            "rule add priority 100 not from 10.99.0.0/24 to 192.0.2.1 iif qr-t fwmark 0x4/0xff lookup 16",
            "rule add priority 101 from 10.99.0.5 ipproto tcp dport 80 unreachable",
            "rule add priority 102 goto 32766",
        ):
            run(f"ip -n {ROUTER} {command}")
        for command in (
            "link add brq-t type bridge",
            "link add under-t type veth peer name over-t",
            "address add 10.96.0.1/24 dev under-t",
            "link add vxlan-t type vxlan id 7 local 10.96.0.1 dstport 8472 nolearning proxy df set",
            "link set vxlan-t master brq-t",
            "link set vxlan-t type bridge_slave isolated on hairpin on learning off flood off",
            "link set brq-t up",
        ):
            run(f"ip -n {HOST} {command}")
        run("bridge fdb add 02:00:00:00:00:09 dev vxlan-t dst 10.96.0.9 port 4789 vni 8 self permanent", HOST)
        run("bridge fdb add 02:00:00:00:00:0a dev vxlan-t master static", HOST)
        yield
    finally:
        for name in (ROUTER, FLOATING, HOST):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True, timeout=20)


def test_both_ends_of_a_cable_know_each_other(facts: Any) -> None:
    links = {link.name: link for link in ask("network", facts) if isinstance(link, Link)}
    for one, other in ((TAP, "qr-t"), ("rfp-t", "fpr-t")):
        for near, far in ((links[one], links[other]), (links[other], links[one])):
            assert (near.peer_namespace, near.peer_index) == (far.namespace, far.index)
    assert (links["under-t"].lower, links["under-t"].peer_namespace) == ("over-t", None)
    assert (links["qr-t"].up, links["qr-t"].carrier) == (True, False), "nobody set the other end up"
    assert links[TAP].carrier is None


def test_links_of_a_host(facts: Any) -> None:
    found = ask("network", facts)
    vxlan = next(link for link in of(Link, found, HOST) if link.name == "vxlan-t")
    assert (vxlan.vxlan_learning, vxlan.vxlan_proxy, vxlan.vxlan_df) == (False, True, "set")
    assert (vxlan.isolated, vxlan.hairpin, vxlan.learning, vxlan.flood) == (True, True, False, False)
    assert vxlan.port_state in ("disabled", "forwarding")
    assert next(link for link in of(Link, found, HOST) if link.name == "brq-t").vlan_filtering is False
    entries = {(entry.mac, entry.remote): entry for entry in of(FdbEntry, found, HOST)}
    remote = entries["02:00:00:00:00:09", "10.96.0.9"]
    assert (remote.port, remote.vni, remote.state) == (4789, 8, "permanent")
    assert entries["02:00:00:00:00:0a", ""].state == "static"


def test_routes_and_rules(facts: Any) -> None:
    found = ask("network", facts)
    route = next(route for route in of(Route, found) if route.destination == "192.0.2.0/24")
    assert (route.metric, route.mtu, route.on_link, route.source_ip) == (50, 1400, True, "10.98.0.1")
    assert ("100", "default", "local") in [(r.table, r.destination, r.type) for r in of(Route, found)]
    assert [n.ip for n in of(Neighbour, found) if n.proxy] == ["10.99.0.77"]
    rules = {rule.priority: rule for rule in of(PolicyRule, ask("routing", facts))}
    assert set(rules) == {0, 100, 101, 102, 32766, 32767}
    assert (rules[100].src, rules[100].dst, rules[100].iif) == ("10.99.0.0/24", "192.0.2.1/32", "qr-t")
    assert (rules[100].mark, rules[100].mask, rules[100].table, rules[100].inverted) == (4, 255, "16", True)
    assert (rules[101].action, rules[101].more) == ("unreachable", ("dport", "ipproto"))
    assert (rules[102].action, rules[102].goto) == ("goto", 32766)


def test_settings_are_those_of_the_namespace(facts: Any) -> None:
    write = (
        "cd /proc/sys/net/ipv4; echo 1 >ip_forward; echo 2 >conf/qr-t/rp_filter; echo 1 >conf/all/proxy_arp"
    )
    subprocess.run(["ip", "netns", "exec", ROUTER, "sh", "-c", write], check=True, timeout=20)
    found = ask("routing", facts)
    here = {setting.name: setting.value for setting in of(NetworkSetting, found)}
    there = {setting.name: setting.value for setting in of(NetworkSetting, found, FLOATING)}
    assert (here["ipv4/ip_forward"], there["ipv4/ip_forward"]) == ("1", "0")
    assert here["ipv4/conf/qr-t/rp_filter"] == "2"
    assert (here["ipv4/conf/all/proxy_arp"], there["ipv4/conf/all/proxy_arp"]) == ("1", "0")
    assert int(here["netfilter/nf_conntrack_max"]) > 1000, "all of its digits"


def test_rules_of_every_backend(facts: Any) -> None:
    needs("iptables-nft", "iptables-legacy", "ebtables-nft")
    run("iptables-nft -t nat -A PREROUTING -d 203.0.113.9 -j DNAT --to-destination 10.99.0.5", ROUTER)
    run("iptables-legacy -A FORWARD -s 10.99.0.5 -j DROP", ROUTER)
    run("ebtables-nft -t nat -N neutronARP-tap -P DROP", HOST)
    run("ebtables-nft -t nat -A PREROUTING -p ARP -i vxlan-t -j neutronARP-tap", HOST)
    found = ask("firewall", facts)
    rules = [(rule.table, rule.chain, rule.family, rule.legacy) for rule in of(IptablesRule, found)]
    assert {("nat", "PREROUTING", "ip", False), ("filter", "FORWARD", "ip", True)} <= set(rules)
    assert [(rule.chain, rule.family) for rule in of(IptablesRule, found, HOST)] == [("PREROUTING", "bridge")]
    own = [chain for chain in of(IptablesChain, found, HOST) if chain.chain == "neutronARP-tap"]
    assert [(chain.policy, chain.family, chain.table) for chain in own] == [("DROP", "bridge", "nat")]
    assert {c.chain for c in of(IptablesChain, found, HOST) if c.family == "ip"} == {
        "INPUT",
        "FORWARD",
        "OUTPUT",
    }


def test_what_iptables_does_not_manage(facts: Any) -> None:
    needs("nft", "iptables-nft")
    run("nft -f -", FLOATING, NFT)
    run("iptables-nft -t mangle -A PREROUTING -j ACCEPT", FLOATING)
    found = ask("nftables", facts)
    chains = {(c.table, c.chain): c for c in of(NftChain, found, FLOATING)}
    assert set(chains) == {("guard", "input"), ("guard", "aside"), ("filter", "own_name")}
    hooked = chains["guard", "input"]
    assert (hooked.hook, hooked.priority, hooked.policy, hooked.type) == ("input", 5, "accept", "filter")
    assert len(of(NftRule, found, FLOATING)) == 2
    assert {s.name: s.elements for s in of(NftSet, found, FLOATING)} == {
        "open": '[22,{"range":[4000,5000]}]',
        "judge": '[["192.0.2.9",{"drop":null}]]',
    }


def test_sets(facts: Any) -> None:
    needs("ipset")
    run(
        "ipset restore",
        ROUTER,
        "create NIPv4 hash:net\nadd NIPv4 10.0.0.0/8\nadd NIPv4 10.1.0.0/16 nomatch\n",
    )
    (told,) = of(IpSet, ask("ip_sets", facts))
    assert (told.name, told.type) == ("NIPv4", "hash:net")
    assert sorted(told.members) == ["10.0.0.0/8", "10.1.0.0/16 nomatch"]


def test_connections_with_zone_and_mark(facts: Any) -> None:
    needs("iptables-nft", "ping")
    run("iptables-nft -t raw -A OUTPUT -j CT --zone 7", ROUTER)
    run("iptables-nft -t mangle -A OUTPUT -j CONNMARK --set-mark 0x40", ROUTER)
    run("ping -c1 -W1 10.99.0.1", ROUTER)
    (told,) = [entry for entry in of(ConntrackEntry, ask("connections", facts)) if entry.zone == 7]
    assert (told.protocol, told.src, told.dst, told.mark) == ("icmp", "10.99.0.1", "10.99.0.1", 64)
    assert told.icmp_id
    assert (told.sport, told.reply_sport) == (None, None)
