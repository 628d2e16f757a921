from __future__ import annotations

from typing import Any

from mitate.analyze.checks.floating_ip_address_missing import floating_ip_address_missing
from mitate.model.cloud import FloatingIp, Router
from mitate.model.diagnosis import State
from mitate.model.net import Address


def is_fip(address: Address) -> bool:
    return address.ip == "203.0.113.151"


def test_problem(wired: Any) -> None:
    wired.drop(Address, is_fip)
    finding = wired.only(floating_ip_address_missing)
    assert finding.subject.name == "floating IP 203.0.113.151"
    assert "qg-401619a7-d2" in finding.says


def test_ok(wired: Any) -> None:
    assert wired.state(floating_ip_address_missing) is State.OK


def test_ok_of_a_distributed_router(wired: Any) -> None:
    """Its floating IPs are routed by the fip- namespaces and stand on no device."""
    wired.drop(Address, is_fip)
    wired.change(Router, distributed=True)
    assert wired.state(floating_ip_address_missing) is State.OK


def test_ok_when_it_is_not_active(wired: Any) -> None:
    wired.drop(Address, is_fip)
    wired.change(FloatingIp, status="DOWN")
    assert wired.state(floating_ip_address_missing) is State.OK


def test_unknown_when_the_host_was_not_seen(wired: Any) -> None:
    wired.drop(Address, lambda address: address.source.host == "network")
    wired.world.gap("network", Address)
    assert wired.state(floating_ip_address_missing) is State.UNKNOWN
