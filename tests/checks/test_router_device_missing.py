from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.router_device_missing import router_device_missing
from mitate.model.cloud import Port, Router
from mitate.model.diagnosis import State
from mitate.model.net import Address, Link

QR, QG = "qr-3c40bdf5-8f", "qg-401619a7-d2"


@pytest.mark.parametrize("name", [QR, QG])
def test_problem_gone(wired: Any, name: str) -> None:
    wired.drop(Link, lambda link: link.name == name)
    wired.drop(Address, lambda address: address.link == name)
    assert f"{name} does not exist" in wired.only(router_device_missing).says


def test_problem_down(wired: Any) -> None:
    wired.change(Link, lambda link: link.name == QG, up=False)
    assert f"{QG} is down" in wired.only(router_device_missing).says


def test_problem_without_its_address(wired: Any) -> None:
    wired.drop(Address, lambda address: address.link == QR)
    assert "has no address of its port (10.10.0.1)" in wired.only(router_device_missing).says


def test_ok(wired: Any) -> None:
    assert wired.state(router_device_missing) is State.OK


def test_ok_on_the_standby_of_an_ha_router(wired: Any) -> None:
    """No addresses, and its device outside is down: so it should be."""
    wired.change(Router, ha=True)
    wired.drop(Address, lambda address: address.namespace.startswith("qrouter"))
    wired.change(Link, lambda link: link.name == QG, up=False)
    assert wired.state(router_device_missing) is State.OK


def test_ok_while_an_interface_is_being_added(wired: Any) -> None:
    wired.drop(Link, lambda link: link.name == QG)
    wired.change(Port, lambda port: port.id.startswith("401619a7"), created_at=wired.world.ago(10))
    assert wired.state(router_device_missing) is State.OK


def test_ok_for_an_interface_with_ipv6_only(wired: Any) -> None:
    """Its address may be link-local, or arrive by prefix delegation."""
    wired.change(Port, lambda port: port.id.startswith("3c40bdf5"), fixed_ips=(("v6", "fd00::1"),))
    wired.drop(Address, lambda address: address.link == QR)
    assert wired.state(router_device_missing) is State.OK


def test_unknown_when_the_host_was_not_seen(wired: Any) -> None:
    wired.drop(Link, lambda link: link.source.host == "network")
    wired.world.gap("network", Link)
    assert wired.state(router_device_missing) is State.UNKNOWN
