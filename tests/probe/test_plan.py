"""What can be planned: few packets to one host each, and nothing in a name that could be anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitate.collect.probe.plan import MOST_SHOTS, How, Plan, Shot
from mitate.collect.probe.words import describe

GOOD: dict[str, Any] = {"host": "h1", "how": How.STACK, "proto": "icmp", "src": "10.0.0.1", "dst": "10.0.0.2"}
INJECTED: dict[str, Any] = {
    **GOOD, "how": How.INJECT, "device": "tap0", "smac": "fa:16:3e:00:00:01", "dmac": "fa:16:3e:00:00:02"
}  # fmt: skip
HOSTILE: dict[str, dict[str, Any]] = {
    "broadcast": {**GOOD, "dst": "255.255.255.255"},
    "multicast": {**GOOD, "dst": "224.0.0.1"},
    "loopback": {**GOOD, "dst": "127.0.0.1"},
    "nobody": {**GOOD, "src": "0.0.0.0"},
    "IPv6": {**GOOD, "dst": "::1"},
    "no address": {**GOOD, "dst": "10.0.0.2; reboot"},
    "a flood": {**GOOD, "times": 6},
    "none": {**GOOD, "times": 0},
    "giant": {**GOOD, "size": 65000},
    "no room for the mark": {**GOOD, "size": 45},
    "another protocol": {**GOOD, "proto": "gre"},
    "path": {**GOOD, "namespace": "../../proc/1/ns/net"},
    "dots": {**GOOD, "namespace": ".."},
    "shell": {**GOOD, "host": "h1 $(reboot)"},
    "option": {**GOOD, "host": "-oProxyCommand=reboot"},
    "long device": {**INJECTED, "device": "x" * 16},
    "no device": {**INJECTED, "device": ""},
    "frame for all": {**INJECTED, "dmac": "ff:ff:ff:ff:ff:ff"},
    "frame from a group": {**INJECTED, "smac": "01:00:5e:00:00:01"},
    "capitals": {**INJECTED, "smac": "FA:16:3E:00:00:01"},
    "VLAN": {**INJECTED, "vlan": 4095},
    "forged ARP": {**INJECTED, "proto": "arp"},
    "MAC for the kernel": {**GOOD, "smac": "fa:16:3e:00:00:01"},
    "no port": {**GOOD, "proto": "tcp", "size": 58},
    "TTL": {**GOOD, "ttl": 0},
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_shot_is_refused(hostile: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Shot(**HOSTILE[hostile])


@pytest.mark.parametrize(
    "said", [GOOD, INJECTED, {**GOOD, "namespace": "qrouter-1", "size": 9000, "times": 5}]
)
def test_a_good_shot_is_taken(said: dict[str, Any]) -> None:
    assert Shot(**said)


@pytest.mark.parametrize(
    "changes",
    [
        {"watch": {}},
        {"watch": {"h2": ("",)}},
        {"watch": {"h1": ()}},
        {"watch": {"h1": ("a/b",)}},
        {"watch": {"h1": ("",), "h;": ("",)}},
        {"shots": ()},
        {"shots": (Shot(**GOOD),) * (MOST_SHOTS + 1)},
        {"seconds": 0},
        {"seconds": 1e9},
        {"cookie": "00"},
        {"addresses": ("10.0.0.0/8",)},
        {"addresses": tuple(f"10.1.0.{n}" for n in range(100))},
        {"overhear": ("224.0.0.1",)},
    ],
)
def test_a_hostile_plan_is_refused(changes: dict[str, Any]) -> None:
    said: dict[str, Any] = {"watch": {"h1": ("",)}, "shots": (Shot(**GOOD),)}
    assert Plan(**said)
    with pytest.raises(ValueError, match=r"\w"):
        Plan(**{**said, **changes})


@given(st.text(max_size=40))
def test_no_name_gets_out_of_its_place(name: str) -> None:
    try:
        shot = Shot(**{**GOOD, "namespace": name})
    except ValueError:
        return
    assert "/" not in shot.namespace
    assert not shot.namespace.startswith(".")
    assert not set(shot.namespace) & set(" \t\n\r\0'\"$`;&|<>\\")


def test_two_plans_have_two_cookies() -> None:
    plans = [Plan(watch={"h1": ("",)}, shots=(Shot(**GOOD),)) for _ in range(2)]
    assert plans[0].cookie != plans[1].cookie


def test_it_says_first_what_it_will_do() -> None:
    plan = Plan(
        watch={"compute1": ("", "qdhcp-1"), "network": ("qrouter-1",)},
        shots=(
            Shot(**{**INJECTED, "host": "compute1", "sender": "server vm1", "times": 3}),
            Shot(
                **{
                    **GOOD,
                    "host": "network",
                    "namespace": "qrouter-1",
                    "proto": "tcp",
                    "sport": 41000,
                    "dport": 22,
                }
            ),
            Shot(**{**GOOD, "host": "network", "namespace": "qrouter-1", "proto": "arp", "device": "qr-1"}),
        ),
        overhear=("203.0.113.151",),
    )
    said = describe(plan)
    assert said[0] == (
        "At compute1 tap0, as if it came in there from server vm1: 3 x ICMP echo request 10.0.0.1 → 10.0.0.2,"
        " 84 bytes, don't fragment."
    )
    assert said[1].startswith("From network qrouter-1: 1 x TCP SYN 10.0.0.1:41000 → 10.0.0.2:22, 84 bytes")
    assert said[2] == "From network qrouter-1 on qr-1: 1 x ARP who has 10.0.0.2, tell 10.0.0.1."
    assert said[3].startswith("5 packets in all, at most one a second")
    text = "\n".join(said)
    assert "On compute1 one process (Python, as root) listens in 2 network namespaces" in text
    assert "On compute1 a veth pair with a BPF program leads to tap0" in text
    assert "On network a veth pair" not in text
    assert "Real traffic of 203.0.113.151 is listened to as well, headers only" in text
    assert "Nothing stays there." in text
