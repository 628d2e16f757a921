"""The scripts that look into network namespaces, in real ones. Needs root, and cleans up."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from mitate.collect.question import all_sources

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nsenter"),
    reason="needs root, ip and nsenter to make namespaces",
)
ID = uuid.uuid4().hex[:8]
ROUTER = f"qrouter-test-{ID}"
POD = f"cni-test-{ID}"


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True, timeout=20)


@pytest.fixture(scope="module")
def router() -> Iterator[str]:
    """A namespace with a pair of interfaces, a VXLAN, a bridge, routes and a neighbour."""
    try:
        for name in (ROUTER, POD):
            ip(f"netns add {name}")
        for command in (
            "link set lo up",
            "link add qr-a type veth peer name tap-a",
            "link add brq-a type bridge",
            "link set tap-a master brq-a",
            "link set qr-a mtu 1400 up",
            "link set tap-a up",
            "address add 10.99.0.1/24 dev qr-a",
            "link add vxlan-7 type vxlan id 7 local 10.99.0.1 dstport 8472 dev qr-a",
            "route add default via 10.99.0.254",
            "route add unreachable 198.51.100.0/24",
            "route add 192.0.2.1/32 via 10.99.0.9 table 77",
            "neighbour add 10.99.0.9 lladdr 02:00:00:00:00:09 dev qr-a",
        ):
            ip(f"-n {ROUTER} {command}")
        yield ROUTER
    finally:
        for name in (ROUTER, POD):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True, timeout=20)


def ask(name: str, facts: Any) -> list[Any]:
    script = all_sources()[name].question.script  # type: ignore[union-attr]
    done = subprocess.run(
        ["dash", "-c", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode and "not installed" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return list(facts(name, done.stdout))


def test_network(router: str, facts: Any) -> None:
    found = [fact for fact in ask("network", facts) if getattr(fact, "namespace", fact) in (router, fact)]
    of = {kind: [f for f in found if type(f).__name__ == kind] for kind in {type(f).__name__ for f in found}}
    assert router in [space.name for space in of["Namespace"]]
    assert POD not in [space.name for space in of["Namespace"]], "of a container network"
    links = {link.name: link for link in of["Link"]}
    assert (links["qr-a"].kind, links["qr-a"].mtu, links["qr-a"].up) == ("veth", 1400, True)
    assert links["tap-a"].master == "brq-a"
    assert links["brq-a"].kind == "bridge"
    vxlan = links["vxlan-7"]
    assert (vxlan.kind, vxlan.vxlan_id, vxlan.vxlan_local, vxlan.vxlan_port) == (
        "vxlan",
        7,
        "10.99.0.1",
        8472,
    )
    assert (vxlan.vxlan_link, vxlan.up) == ("qr-a", False)
    assert ("qr-a", "10.99.0.1", 24) in [(a.link, a.ip, a.prefix) for a in of["Address"]]
    routes = {(r.table, r.destination): r for r in of["Route"]}
    assert (routes["main", "default"].via, routes["main", "default"].link) == ("10.99.0.254", "qr-a")
    assert routes["main", "198.51.100.0/24"].type == "unreachable"
    assert routes["77", "192.0.2.1/32"].via == "10.99.0.9"
    assert ("main", "10.99.0.0/24") in routes
    assert [(n.ip, n.mac, n.state) for n in of["Neighbour"] if n.link == "qr-a"] == [
        ("10.99.0.9", "02:00:00:00:00:09", "PERMANENT")
    ]


def test_firewall_and_connections_know_the_namespace(router: str, facts: Any) -> None:
    tool = shutil.which("iptables-nft") or shutil.which("iptables")
    if tool is None:
        pytest.skip("iptables is not installed")
    rule = [
        "-t",
        "nat",
        "-A",
        "PREROUTING",
        "-d",
        "203.0.113.151",
        "-j",
        "DNAT",
        "--to-destination",
        "10.10.0.2",
    ]
    subprocess.run(["ip", "netns", "exec", router, tool, *rule], check=True, capture_output=True, timeout=20)
    found = [rule for rule in ask("firewall", facts) if rule.namespace == router and hasattr(rule, "rule")]
    assert [(r.table, r.chain, r.packets) for r in found] == [("nat", "PREROUTING", 0)]
    assert "--to-destination 10.10.0.2" in found[0].rule


def test_traffic_counts_one_second(router: str, facts: Any) -> None:
    stop = threading.Event()

    def send() -> None:
        while not stop.is_set():
            subprocess.run(
                ["ip", "netns", "exec", router, "ping", "-c1", "-W1", "10.99.0.1"],
                check=False,
                capture_output=True,
                timeout=20,
            )

    if not shutil.which("ping"):
        pytest.skip("ping is not installed")
    sender = threading.Thread(target=send)
    sender.start()
    try:
        found = [fact for fact in ask("traffic", facts) if fact.namespace == router]
    finally:
        stop.set()
        sender.join()
    loopback = next(fact for fact in found if getattr(fact, "link", "") == "lo")
    assert loopback.rx_packets > 0
    assert 0.9 < loopback.seconds < 20
    assert [fact.frag_fails for fact in found if not hasattr(fact, "link")] == [0]
