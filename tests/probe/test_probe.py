"""Probes in a small network of real namespaces: seen everywhere on the way, lost where it was broken."""

from __future__ import annotations

import asyncio
import subprocess
from typing import Any

import pytest

from mitate.collect.probe import program
from mitate.collect.probe.plan import How, Plan, Shot
from mitate.collect.probe.run import run_probe
from mitate.collect.transport.local import LocalPlace
from mitate.model.trace import At, Live, Sighting

HERE = "here"
SPACES = ("prb-out", "prb-net", "prb-qr", "prb-cmp", "prb-vm", "prb-dhcp")
GUEST, GATEWAY, DHCP = "10.10.0.10", "10.10.0.1", "10.10.0.2"
FLOATING, CLIENT = "203.0.113.151", "203.0.113.100"


def live(*shots: Shot, seconds: float = 0.5, **more: Any) -> Live:
    """The whole probe, on this machine. All hosts of the small network are one to it."""
    plan = Plan(watch={HERE: SPACES}, shots=shots, addresses=(GUEST, GATEWAY), seconds=seconds, **more)
    return asyncio.run(run_probe(plan, [LocalPlace(HERE)]))


def from_outside(**changes: Any) -> Shot:
    said = {
        "host": HERE, "how": How.STACK, "namespace": "prb-out", "proto": "icmp",
        "src": CLIENT, "dst": FLOATING,
    }  # fmt: skip
    return Shot(**{**said, **changes})


def as_guest(small: Any, **changes: Any) -> Shot:
    said = {
        "host": HERE, "how": How.INJECT, "namespace": "prb-cmp", "device": "tapvm", "proto": "icmp",
        "src": GUEST, "dst": CLIENT, "smac": small.mac("prb-vm", "eth0"), "dmac": small.mac("prb-qr", "qr-1"),
    }  # fmt: skip
    return Shot(**{**said, **changes})


def way(told: Live, kind: str) -> list[str]:
    """Where packets of that kind were seen, in order; inside of tunnels they are marked by "=="."""
    seen = [s for s in told.sightings if s.kind == kind]
    return [f"{s.at.namespace[4:]} {s.at.device}{' ==' if s.tunnel else ''}" for s in seen if s.way == "in"]


def last(told: Live, kind: str) -> Sighting:
    return [s for s in told.sightings if s.kind == kind][-1]


THERE = ["net ext0", "qr qg-1", "net tapqr", "cmp under0 ==", "cmp vxlan9", "vm eth0"]
BACK = ["cmp tapvm", "net under0 ==", "net vxlan9", "qr qr-1", "net tapqg", "out eth0"]


@pytest.mark.parametrize("size", [46, 84, 1450])
def test_it_is_seen_at_every_place_there_and_back(small: Any, size: int) -> None:
    told = live(from_outside(size=size))
    assert told.answered is True
    assert told.says == ()
    assert way(told, "request") == THERE
    assert way(told, "reply") == BACK
    # NAT is seen, both ways
    assert {s.dst for s in told.sightings if s.kind == "request"} == {FLOATING, GUEST}
    assert {s.src for s in told.sightings if s.kind == "reply"} == {FLOATING, GUEST}


def test_tcp_and_udp_are_followed_too(small: Any) -> None:
    told = live(
        from_outside(proto="tcp", sport=41000, dport=81), from_outside(proto="udp", sport=41001, dport=82)
    )
    tcp = [s for s in told.sightings if s.probe == 0]
    assert {s.kind for s in tcp} == {"request", "reset"}
    assert [s.kind for s in tcp if s.at.namespace == "prb-out"] == ["request", "reset"]
    udp = [s for s in told.sightings if s.probe == 1]
    assert [s.kind for s in udp if s.at.namespace == "prb-out"] == ["request", "error"]
    assert told.answered is False  # a port unreachable is no answer


def test_a_listener_answers(small: Any) -> None:
    serve = "import socket;s=socket.create_server(('10.10.0.10',81));print(flush=True);s.accept()"
    words = ("ip", "netns", "exec", "prb-vm", "python3", "-c", serve)
    with subprocess.Popen(words, stdout=subprocess.PIPE) as server:
        assert server.stdout
        server.stdout.readline()
        told = live(from_outside(proto="tcp", sport=41000, dport=81, size=600))
        server.kill()
    assert told.answered is True
    assert [s.kind for s in told.sightings if s.at.namespace == "prb-out"][:2] == ["request", "reply"]


def test_it_is_sent_as_the_guest_without_the_guest(small: Any) -> None:
    told = live(as_guest(small))
    assert told.answered is True
    assert way(told, "request") == [
        "cmp tapvm",
        "net under0 ==",
        "net vxlan9",
        "qr qr-1",
        "net tapqg",
        "out eth0",
    ]
    reply = last(told, "reply")
    assert (reply.at, reply.way) == (At(HERE, "prb-vm", "eth0"), "in")
    assert not [s for s in told.sightings if s.at.namespace == "prb-vm" and s.kind == "request"]


def test_it_is_put_in_on_the_wire(small: Any) -> None:
    told = live(
        Shot(
            host=HERE, how=How.INJECT, namespace="prb-net", device="ext0", proto="icmp",
            src=CLIENT, dst=FLOATING,
            smac=small.mac("prb-out", "eth0"), dmac=small.mac("prb-qr", "qg-1"),
        )
    )  # fmt: skip
    assert told.answered is True
    assert way(told, "request") == THERE


def test_a_packet_larger_than_the_tap_is_put_in_as_a_guest_would(fragile: Any) -> None:
    """A guest may send what its tap is not made for; so may the probe, on kernels from 5.12 on."""
    fragile.ip("-n", "prb-cmp", "link", "set", "tapvm", "mtu", "1450")
    told = live(as_guest(fragile, size=1500))
    assert told.answered is False
    assert way(told, "request") == ["cmp tapvm"]


def test_arp_is_asked_and_its_answer_seen(small: Any) -> None:
    ask = Shot(
        host=HERE, how=How.STACK, namespace="prb-dhcp", device="ns-1", proto="arp", src=DHCP, dst=GUEST
    )
    told = live(ask)
    assert told.answered is None
    answers = [s for s in told.sightings if s.kind == "arp-reply" and s.src == GUEST]
    assert {s.smac for s in answers} == {small.mac("prb-vm", "eth0")}
    assert answers[-1].at == At(HERE, "prb-dhcp", "ns-1")


IPTABLES = "ip netns exec {} iptables {}"
BROKEN = {
    "the router does not forward": (
        "ip netns exec prb-qr sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'",
        At(HERE, "prb-qr", "qg-1"), ("prb-qr", "qg-1", "IP_INADDRERRORS"),
    ),
    "a rule drops it": (
        "ip netns exec prb-qr iptables -A FORWARD -p icmp -j DROP",
        At(HERE, "prb-qr", "qg-1"), ("prb-qr", "qg-1", "NETFILTER_DROP"),
    ),
    "other number of the tunnel": (
        "ip -n prb-cmp link del vxlan9; ip -n prb-cmp link add vxlan9 type vxlan id 8 dstport 4789"
        " local 10.88.0.2 remote 10.88.0.1 dev under0; ip -n prb-cmp link set vxlan9 up master brint",
        At(HERE, "prb-cmp", "under0"), ("prb-cmp", "under0", "VXLAN_VNI_NOT_FOUND"),
    ),
    "the tap is not in its bridge": (
        "ip -n prb-cmp link set tapvm nomaster",
        At(HERE, "prb-cmp", "vxlan9"), None,
    ),
    "the guest has a firewall": (
        "ip netns exec prb-vm iptables -A INPUT -p icmp -j DROP",
        At(HERE, "prb-vm", "eth0"), ("prb-vm", "eth0", "NETFILTER_DROP"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_it_is_lost_where_it_was_broken(fragile: Any, broken: str) -> None:
    script, where, dropped = BROKEN[broken]
    fragile.inside("prb-out", "sh", "-c", script)
    told = live(from_outside(), seconds=1)
    assert told.answered is False
    assert last(told, "request").at == where
    if dropped and not any("names no drops" in word for word in told.says):
        assert dropped in {(d.at.namespace, d.at.device, d.reason) for d in told.drops if d.probe == 0}


def test_an_answer_that_does_not_come_home_is_followed_to_its_end(fragile: Any) -> None:
    fragile.ip("-n", "prb-qr", "route", "add", "blackhole", f"{CLIENT}/32")
    told = live(from_outside())
    assert told.answered is False
    assert way(told, "request") == THERE
    assert last(told, "reply").at == At(HERE, "prb-qr", "qr-1")


def test_an_icmp_error_comes_home(fragile: Any) -> None:
    fragile.ip("-n", "prb-qr", "link", "set", "qr-1", "mtu", "1400")
    told = live(from_outside(size=1450))
    errors = [s for s in told.sightings if s.kind == "error"]
    assert told.answered is False
    assert errors[-1].at == At(HERE, "prb-out", "eth0")
    assert errors[-1].packet.startswith("icmp 3/4")


def test_what_cannot_be_heard_or_sent_is_said(small: Any) -> None:
    plan = Plan(
        watch={HERE: ("prb-out", "prb-none"), "gone": ("",)},
        shots=(from_outside(size=1501), as_guest(small, device="tapnone")),
        seconds=0.1,
    )
    told = asyncio.run(run_probe(plan, [LocalPlace(HERE)]))
    said = "\n".join(told.says)
    assert "prb-none was not listened to" in said
    assert "nothing could be seen on gone" in said
    assert "did not send it: Message too long" in said
    assert "could not be sent from here" in said
    assert told.answered is None
    assert told.sent == ()


def test_a_kernel_that_names_no_drops_is_said(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in for one that does not describe itself: the file is looked for where it is not."""
    boot, modules = program._modules()
    blind = [[name, text.replace("/sys/kernel/btf/vmlinux", "/nowhere")] for name, text in modules]
    assert blind != modules
    monkeypatch.setattr(program, "_modules", lambda: (boot, blind))
    told = live(from_outside())
    assert told.answered is True
    assert told.drops == ()
    assert told.says == ("here names no drops: No such file or directory",)


def test_busy_traffic_is_overheard_for_a_sample_only(small: Any) -> None:
    """And the probe itself is seen as ever."""
    shots = (from_outside(times=2),)
    plan = Plan(watch={HERE: ("prb-qr", "prb-out")}, shots=shots, overhear=(FLOATING,), seconds=1)
    flood = ("ip", "netns", "exec", "prb-out", "ping", "-f", "-q", FLOATING)
    with subprocess.Popen(flood, stdout=subprocess.DEVNULL) as flooding:
        told = asyncio.run(run_probe(plan, [LocalPlace(HERE)]))
        flooding.kill()
    assert told.answered is True
    assert len([s for s in told.sightings if s.kind == "other"]) == 500
    assert len([s for s in told.sightings if s.kind == "request" and s.at.device == "qg-1"]) == 2


def test_real_traffic_is_overheard_without_its_content(small: Any) -> None:
    plan = Plan(watch={HERE: ("prb-qr",)}, overhear=(FLOATING,), seconds=1.5)
    ping = ("ip", "netns", "exec", "prb-out", "ping", "-c", "5", "-i", "0.3", "-p", "5ec7e7", FLOATING)
    with subprocess.Popen(ping, stdout=subprocess.DEVNULL) as pinging:
        told = asyncio.run(run_probe(plan, [LocalPlace(HERE)]))
        pinging.wait()
    seen = [s for s in told.sightings if s.kind == "other"]
    assert {s.at.device for s in seen} == {"qg-1"}
    assert {s.dmac for s in seen if s.way == "in"} == {small.mac("prb-qr", "qg-1")}
    assert told.sent == ()
    assert told.answered is None
    assert "5ec7e7" not in repr(told)
