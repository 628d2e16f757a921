"""What only packets show, of guests that are namespaces here: what is seen at the tap is what counts."""

from __future__ import annotations

import asyncio
import subprocess
from typing import Any

from mitate.analyze.trace.witness import Guest, drop_reasons, guest_reasons, underlay_reason, upstream_reason
from mitate.collect.probe.plan import How, Plan, Shot, knock
from mitate.collect.probe.run import run_probe
from mitate.collect.transport.local import LocalPlace
from mitate.model.diagnosis import Confidence
from mitate.model.trace import At, Failure, Live

HERE = "here"
SPACES = ("prb-out", "prb-net", "prb-qr", "prb-cmp", "prb-dhcp")
GUEST, GATEWAY, DHCP = "10.10.0.10", "10.10.0.1", "10.10.0.2"
FLOATING, CLIENT = "203.0.113.151", "203.0.113.100"
TAP = At(HERE, "prb-cmp", "tapvm")


def shot(namespace: str, src: str, dst: str, **more: Any) -> Shot:
    said: dict[str, Any] = {"host": HERE, "how": How.STACK, "proto": "icmp"}
    return Shot(**{**said, "namespace": namespace, "src": src, "dst": dst, **more})


def reasons(small: Any, **changes: Any) -> tuple[Failure, ...]:
    """What the three shots together show of the guest."""
    client = changes.get("src", CLIENT)
    live = probed(
        shot("prb-out", client, FLOATING, **{k: v for k, v in changes.items() if k != "src"}),
        shot("prb-dhcp", DHCP, GUEST, extra=True),
        knock(HERE, TAP.namespace, TAP.device, GUEST),
    )
    guest = Guest("vm1", TAP, GUEST, small.mac("prb-vm", "eth0"), GATEWAY, client)
    found = guest_reasons(live, guest, 0, on_link=1)
    assert all(each.evidence and each.fix for each in found)
    return found


def probed(*shots: Shot, seconds: float = 0.5, overhear: tuple[str, ...] = ()) -> Live:
    plan = Plan(
        watch={HERE: SPACES}, shots=shots, addresses=(GUEST, GATEWAY), seconds=seconds, overhear=overhear
    )
    return asyncio.run(run_probe(plan, [LocalPlace(HERE)]))


def codes(found: tuple[Failure, ...]) -> list[str]:
    return [each.code for each in found]


def test_a_guest_that_answers_has_no_reason(small: Any) -> None:
    assert reasons(small) == ()


def test_no_default_route(fragile: Any) -> None:
    fragile.ip("-n", "prb-vm", "route", "del", "default")
    found = reasons(fragile)
    assert codes(found) == ["EP_NO_DEFAULT_ROUTE"]
    assert found[0].confidence is Confidence.CONFIRMED
    assert "answers its neighbours" in found[0].says


def test_a_firewall_in_the_guest(fragile: Any) -> None:
    fragile.inside("prb-vm", "iptables", "-A", "INPUT", "-j", "DROP")
    assert codes(reasons(fragile)) == ["EP_GUEST_FIREWALL"]


def test_nic_down(fragile: Any) -> None:
    """A veth that is down takes its peer's carrier away, which no tap does; so here the guest hears all, and
    says nothing at all."""
    fragile.inside("prb-vm", "sh", "-c", "echo 8 >/proc/sys/net/ipv4/conf/all/arp_ignore")
    for space in ("prb-qr", "prb-dhcp", "prb-vm"):
        fragile.ip("-n", space, "neigh", "flush", "all")
    fragile.inside("prb-vm", "iptables", "-A", "INPUT", "-j", "DROP")
    found = reasons(fragile)
    assert codes(found) == ["EP_NIC_DOWN"]
    assert found[0].at == TAP


def test_nobody_listens(small: Any) -> None:
    assert codes(reasons(small, proto="tcp", sport=41000, dport=81)) == ["EP_NO_LISTENER"]
    assert codes(reasons(small, proto="udp", sport=41000, dport=81)) == ["EP_NO_LISTENER"]


def test_client_in_the_guests_own_subnet(fragile: Any) -> None:
    fragile.ip("-n", "prb-out", "addr", "add", "10.10.0.99/32", "dev", "eth0")
    found = reasons(fragile, src="10.10.0.99")
    assert codes(found) == ["EP_SRC_ONLINK_OVERLAP"]
    assert "takes 10.10.0.99 for a neighbour" in found[0].says


def test_wrong_address(fragile: Any) -> None:
    fragile.ip("-n", "prb-vm", "addr", "flush", "dev", "eth0")
    fragile.ip("-n", "prb-vm", "addr", "add", "10.10.0.11/24", "dev", "eth0")
    for space in ("prb-qr", "prb-dhcp"):
        fragile.ip("-n", space, "neigh", "flush", "all")
    loop = "for i in 1 2 3 4 5 6 7 8; do ip neigh flush all; ping -c 1 -W 1 10.10.0.1; sleep 0.5; done"
    words = ("ip", "netns", "exec", "prb-vm", "sh", "-c", loop)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as speaks:
        found = reasons(fragile)
        speaks.wait()
    assert codes(found) == ["EP_WRONG_IP"]
    assert "10.10.0.11" in found[0].says


def test_two_owners(fragile: Any) -> None:
    fragile.ip("-n", "prb-dhcp", "addr", "add", f"{GUEST}/32", "dev", "ns-1")
    fragile.ip("-n", "prb-qr", "neigh", "flush", "all")
    live = probed(
        shot("prb-out", CLIENT, FLOATING),
        shot("prb-qr", GATEWAY, GUEST, proto="arp", device="qr-1", extra=True),
    )
    guest = Guest("vm1", TAP, GUEST, fragile.mac("prb-vm", "eth0"), GATEWAY, CLIENT)
    assert codes(guest_reasons(live, guest)) == ["EP_DUP_IP"]


def test_stale_arp_upstream(fragile: Any) -> None:
    fragile.ip("-n", "prb-out", "neigh", "replace", FLOATING, "lladdr", "02:00:00:00:00:01", "dev", "eth0")
    ping = ("ip", "netns", "exec", "prb-out", "ping", "-c", "8", "-i", "0.3", "-W", "1", FLOATING)
    right = Shot(
        host=HERE, how=How.INJECT, namespace="prb-net", device="ext0", proto="icmp", src=CLIENT, dst=FLOATING,
        smac=fragile.mac("prb-out", "eth0"), dmac=fragile.mac("prb-qr", "qg-1"),
    )  # fmt: skip
    with subprocess.Popen(ping, stdout=subprocess.DEVNULL) as pinging:
        live = probed(right, overhear=(FLOATING,))
        pinging.wait()
    assert live.answered
    mac = fragile.mac("prb-qr", "qg-1")
    found = upstream_reason(live, FLOATING, mac, At(HERE, "prb-net", "ext0"))
    assert codes(found) == ["FIP_UPSTREAM_ARP_STALE"]
    assert "02:00:00:00:00:01" in found[0].says
    assert upstream_reason(live, FLOATING, "02:00:00:00:00:01", At(HERE, "prb-net", "ext0")) == ()


def test_an_underlay_too_small(fragile: Any) -> None:
    """The wire takes less than its ends believe: a veth refuses what its peer cannot take."""
    for space, local, remote in (
        ("prb-net", "10.88.0.1", "10.88.0.2"),
        ("prb-cmp", "10.88.0.2", "10.88.0.1"),
    ):
        fragile.ip("-n", space, "link", "del", "vxlan9")
        ends = ("id", "9", "dstport", "4789", "local", local, "remote", remote)
        fragile.ip("-n", space, "link", "add", "vxlan9", "mtu", "1500", "type", "vxlan", *ends)
        fragile.ip("-n", space, "link", "set", "vxlan9", "up", "master", "brint")
    fragile.ip("-n", "prb-cmp", "link", "set", "under0", "mtu", "1400")
    live = probed(shot("prb-out", CLIENT, FLOATING), shot("prb-out", CLIENT, FLOATING, size=1440))
    assert codes(underlay_reason(live, 0, 1)) == ["TUN_UNDERLAY_MTU"]
    assert underlay_reason(live, 0, 0) == ()


def test_the_kernel_names_it(fragile: Any) -> None:
    fragile.inside("prb-qr", "sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward")
    live = probed(shot("prb-out", CLIENT, FLOATING))
    if live.drops:
        found = drop_reasons(live)
        assert codes(found) == ["RTR_FORWARD_OFF"]
        assert (found[0].at, found[0].confidence) == (At(HERE, "prb-qr", "qg-1"), Confidence.PROVED)
    assert drop_reasons(Live((), drops=live.drops, answered=True)) == ()
