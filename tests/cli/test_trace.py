"""``mitate trace`` as a person or a program runs it, on recordings of the practice cloud."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
RECORDINGS = Path(__file__).parents[1] / "recordings"
HEALTHY = RECORDINGS / "healthy.tar.gz"
FLOATING = "203.0.113.151"
CLIENT = "external:203.0.113.100"


@pytest.mark.parametrize(
    ("recording", "status", "verdict"),
    [
        ("healthy", 0, "REACHABLE"),
        ("tap_out_of_bridge", 1, "UNREACHABLE_FORWARD"),
        ("floating_ip_dnat_gone", 1, "ANSWERED_BY_WRONG_NODE"),
    ],
)
def test_the_status_and_the_verdict(mitate: Run, recording: str, status: int, verdict: str) -> None:
    done = mitate(
        "trace", CLIENT, FLOATING, "--bundle", RECORDINGS / f"{recording}.tar.gz", "--format", "json"
    )
    told = json.loads(done.stdout)
    assert (done.returncode, told["verdict"], told["live"]) == (status, verdict, None)
    assert bool(told["reasons"]) == bool(status)


def test_the_json_has_every_key_that_others_rely_on(mitate: Run) -> None:
    bundle = RECORDINGS / "tap_out_of_bridge.tar.gz"
    told = json.loads(mitate("trace", CLIENT, FLOATING, "--bundle", bundle, "--format", "json").stdout)
    assert told["schema"] == "mitate.trace/1"
    assert {"verdict", "path_mtu", "traces", "reasons", "live"} <= set(told)
    assert {each["direction"] for each in told["traces"]} <= {"forward", "return", "icmp-error"}
    for trace in told["traces"]:
        assert {"direction", "size", "disposition", "reason", "hops", "assumptions"} <= set(trace)
        for hop in trace["hops"]:
            assert {"host", "namespace", "in", "out", "steps"} <= set(hop)
            assert all({"kind", "did", "because"} <= set(step) for step in hop["steps"])
    reason = told["reasons"][0]
    assert {"code", "layer", "at", "confidence", "says", "fix"} <= set(reason)
    assert set(reason["at"]) == {"host", "namespace", "device"}


def test_text_names_the_death_and_its_evidence(mitate: Run) -> None:
    bundle = RECORDINGS / "tap_out_of_bridge.tar.gz"
    told = mitate("trace", CLIENT, FLOATING, "--bundle", bundle).stdout
    assert "TAP_NOT_IN_BRIDGE" in told
    assert "compute1" in told
    assert "ip -d -j address" in told  # the question whose answer shows it


def test_a_page(mitate: Run, tmp_path: Path) -> None:
    done = mitate("trace", CLIENT, FLOATING, "--bundle", HEALTHY, "-o", "path.html")
    assert done.returncode == 0
    page = (tmp_path / "path.html").read_text()
    assert "<svg" in page
    assert "qrouter-" in page


def test_the_network_without_a_packet(mitate: Run) -> None:
    done = mitate("trace", "--topology", "--bundle", HEALTHY)
    assert done.returncode == 0
    assert all(host in done.stdout for host in ("compute1", "compute2", "network"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "needs a SOURCE and a DESTINATION"),
        (("vm1",), "needs a SOURCE and a DESTINATION"),
        (("nobody", "vm1"), "no server, port or address 'nobody'"),
        (("vm1", "10.99.0.1"), "write external:10.99.0.1"),
        (("external:x", "vm1"), "not an IPv4 address"),
        (("external:1.1.1.1", "external:2.2.2.2"), "both ends are outside"),
        (("dhcp", "vm1"), "dhcp is a destination"),
        (("vm1", "vm2", "--proto", "tcp"), "--proto tcp needs --port"),
        (("vm1", "vm2", "--port", "80"), "--port goes with"),
        (("vm1", "vm2", "--proto", "tcp", "--port", "70000"), "from 1 to 65535"),
        (("vm1", "vm2", "--size", "ten"), "--size ten"),
        (("vm1", "vm2", "--size", "20"), "from 28 to 65535"),
        (("vm1", "vm2", "--source-address", "fe80::1"), "fe80::1"),
        (("vm1", "vm2", "--live"), "a recording has nowhere"),
        (("vm1", "vm2", "-o", "nowhere/x.html"), "there is no directory nowhere"),
    ],
)
def test_bad_usage_is_one_sentence(mitate: Run, arguments: tuple[str, ...], says: str) -> None:
    done = mitate("trace", *arguments, "--bundle", HEALTHY)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout
