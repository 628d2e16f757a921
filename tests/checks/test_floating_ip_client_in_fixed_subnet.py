from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.floating_ip_client_in_fixed_subnet import floating_ip_client_in_fixed_subnet
from mitate.model.cloud import FloatingIp, Port, Subnet
from mitate.model.diagnosis import Confidence, State
from mitate.model.net import ConntrackEntry, Neighbour

QROUTER = "qrouter-50568716-45b2-4140-9ac2-adbc0adc61de"
SUB = "5f33ee47-30ce-4249-9da4-3bd1c3fb27b7"
CLIENT = "10.10.0.50"
CHECK = floating_ip_client_in_fixed_subnet


def entry(wired: Any, src: str = CLIENT, **fields: Any) -> None:
    said = {
        "namespace": QROUTER,
        "protocol": "icmp",
        "src": src,
        "dst": "203.0.113.151",
        "reply_src": "10.10.0.246",
        "reply_dst": src,
        "unreplied": True,
        **fields,
    }
    wired.add(ConntrackEntry, "network", **said)


def neighbour(wired: Any, state: str, ip: str = CLIENT) -> None:
    wired.add(Neighbour, "network", namespace=QROUTER, link="qr-3c40bdf5-8f", ip=ip, state=state)


def test_problem_the_server_looks_beside_itself(wired: Any) -> None:
    entry(wired)
    finding = wired.only(CHECK)
    assert finding.subject.name == "floating IP 203.0.113.151"
    assert finding.confidence is Confidence.CONFIRMED
    assert "10.10.0.0/24" in finding.says
    assert finding.fix == (
        f"openstack subnet set --host-route destination={CLIENT}/32,gateway=10.10.0.1 {SUB}",
        f"openstack router add route --route destination={CLIENT}/32,gateway=203.0.113.1 {QROUTER[8:]}",
    )


def test_problem_half_mended(wired: Any) -> None:
    """With a route in the server the answer is seen, and the router asks for the client on the wrong side."""
    entry(wired, unreplied=False)
    neighbour(wired, "FAILED")
    finding = wired.only(CHECK)
    assert finding.confidence is Confidence.PROVED
    assert "the router looks for it on the server's side" in finding.says


def test_problem_of_a_distributed_router(wired: Any) -> None:
    said = {
        "namespace": QROUTER,
        "protocol": "tcp",
        "src": CLIENT,
        "dst": "203.0.113.151",
        "state": "SYN_SENT",
    }
    wired.add(ConntrackEntry, "compute1", reply_src="10.10.0.246", reply_dst=CLIENT, unreplied=True, **said)
    assert wired.only(CHECK)


def test_problem_is_one_for_many_clients(wired: Any) -> None:
    for number in range(60, 90):
        entry(wired, f"10.10.0.{number}")
    finding = wired.only(CHECK)
    assert len(finding.evidence) == 5


def test_ok_for_a_client_elsewhere_that_gets_no_answer(wired: Any) -> None:
    """A closed security group, a server that is off: another matter."""
    entry(wired, "198.51.100.7")
    assert wired.state(CHECK) is State.OK


def test_ok_for_a_neighbour_of_the_server(wired: Any) -> None:
    """A server on the same network may use the floating IP."""
    wired.another(50)
    entry(wired)
    assert wired.state(CHECK) is State.OK


def test_ok_for_an_address_that_a_port_is_allowed_to_use(wired: Any) -> None:
    wired.another(9, allowed_pairs=(("10.10.0.48/29", "fa:16:3e:00:00:09"),))
    entry(wired)
    assert wired.state(CHECK) is State.OK


def test_ok_for_a_client_inside_that_the_router_translates(wired: Any) -> None:
    """It came in by the tenant's side: its answer goes to the router's own address."""
    entry(wired, reply_dst="203.0.113.171")
    assert wired.state(CHECK) is State.OK


@pytest.mark.parametrize("state", ["REACHABLE", "STALE", "PERMANENT"])
def test_ok_for_a_client_that_the_router_knows_inside(wired: Any, state: str) -> None:
    """A container behind a server's port, without port security: it really is on that side."""
    entry(wired)
    neighbour(wired, state)
    assert wired.state(CHECK) is State.OK


def test_ok_when_the_answer_came_home(wired: Any) -> None:
    """The pair of routes is in place."""
    entry(wired, unreplied=False)
    assert wired.state(CHECK) is State.OK


def test_ok_without_translation(wired: Any) -> None:
    """The DNAT rule is missing: the router itself answered, which is another finding."""
    entry(wired, reply_src="203.0.113.151")
    assert wired.state(CHECK) is State.OK


@pytest.mark.parametrize("cidr", ["", "not a prefix", "10.10.0.0/99"])
def test_ok_with_a_subnet_that_cannot_be_read(wired: Any, cidr: str) -> None:
    entry(wired)
    wired.change(Subnet, lambda subnet: subnet.id == SUB, cidr=cidr)
    assert wired.state(CHECK) is State.OK


def test_unknown_without_conntrack(wired: Any) -> None:
    wired.drop(ConntrackEntry)
    wired.world.gap("network", ConntrackEntry)
    assert wired.state(CHECK) is State.UNKNOWN


def test_unknown_without_ports(wired: Any) -> None:
    entry(wired)
    wired.drop(Port)
    wired.drop(FloatingIp)
    wired.world.gap("api", Port, FloatingIp)
    assert wired.state(CHECK) is State.UNKNOWN
