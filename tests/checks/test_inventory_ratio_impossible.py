from __future__ import annotations

from typing import Any

import pytest

from mitate.analyze.checks.inventory_ratio_impossible import inventory_ratio_impossible
from mitate.model.cloud import Server
from mitate.model.diagnosis import Severity, State
from mitate.model.placement import Inventory


def change(wired: Any, name: str, **fields: Any) -> None:
    wired.change(Inventory, lambda each: each.resource_class == name, **fields)


@pytest.mark.parametrize(
    ("name", "fields", "says"),
    [
        ("VCPU", {"ratio": 0.1}, "offers (2 - 0 reserved) × 0.1 = 0 VCPU: nothing fits there"),
        ("VCPU", {"ratio": -1.0}, "= 0 VCPU: nothing fits there"),
        ("MEMORY_MB", {"reserved": 12506}, "reserves 12506 MiB of RAM of 12506: nothing fits there"),
        ("MEMORY_MB", {"reserved": 12480}, "reserves 12480 MiB of RAM of 12506: nothing fits there"),
        ("DISK_GB", {"min_unit": 100, "ratio": 0.2}, "= 50 GiB of disk: nothing fits there"),
    ],
)
def test_problem(wired: Any, name: str, fields: dict[str, Any], says: str) -> None:
    change(wired, name, **fields)
    finding = wired.only(inventory_ratio_impossible)
    assert says in finding.says
    assert (finding.subject.kind, finding.subject.host) == ("provider", "compute1")
    assert finding.severity is Severity.WARNING


def test_problem_ratio_that_cost_a_server_its_host(wired: Any) -> None:
    """Of 12506 MiB a tenth is offered: small flavours still fit."""
    change(wired, "MEMORY_MB", ratio=0.1)
    asked = {"flavor_vcpus": 1, "flavor_ram_mb": 4096}
    wired.add(Server, id="s2", name="vm2", status="ERROR", fault="No valid host was found. ", **asked)
    finding = wired.only(inventory_ratio_impossible)
    assert finding.severity is Severity.WARNING
    assert "offers only (12506 - 512 reserved) × 0.1 = 1199 MiB of RAM" in finding.says
    assert "server vm2 got no host" in finding.says
    assert finding.fix[-1].endswith("--resource MEMORY_MB:allocation_ratio=1.0 1")


def test_problem_of_two_classes_is_one_finding(wired: Any) -> None:
    change(wired, "DISK_GB", ratio=0.1)
    change(wired, "MEMORY_MB", reserved=12506)
    finding = wired.only(inventory_ratio_impossible)
    assert finding.says == (
        "compute1 reserves 12506 MiB of RAM of 12506: nothing fits there "
        "and offers only (251 - 0 reserved) × 0.1 = 25 GiB of disk, on purpose perhaps"
    )
    assert finding.severity is Severity.WARNING


def test_problem_does_not_name_a_server_that_would_never_fit(wired: Any) -> None:
    change(wired, "MEMORY_MB", reserved=12506)
    wired.add(Server, id="s2", status="ERROR", fault="No valid host was found. ", flavor_ram_mb=65536)
    assert "got no host" not in wired.only(inventory_ratio_impossible).says


@pytest.mark.parametrize("ram", [512, 65536], ids=["would fit as it is", "would never fit"])
def test_problem_low_ratio_is_a_note(wired: Any, ram: int) -> None:
    change(wired, "MEMORY_MB", ratio=0.1)
    wired.add(Server, id="s2", status="ERROR", fault="No valid host was found. ", flavor_ram_mb=ram)
    finding = wired.only(inventory_ratio_impossible)
    assert finding.severity is Severity.INFO
    assert "on purpose perhaps" in finding.says


def test_ok(wired: Any) -> None:
    assert wired.state(inventory_ratio_impossible) is State.OK


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("DISK_GB", {"ratio": 0.9}),
        ("DISK_GB", {"total": 0}),
        ("MEMORY_MB", {"total": None, "ratio": None, "capacity": 0}),
    ],
    ids=["a usual reserve", "no disk of its own", "a summary tells too little"],
)
def test_ok_even_so(wired: Any, name: str, fields: dict[str, Any]) -> None:
    change(wired, name, **fields)
    assert wired.state(inventory_ratio_impossible) is State.OK


def test_unknown(wired: Any) -> None:
    wired.drop(Inventory)
    wired.world.gap("api", Inventory)
    assert wired.state(inventory_ratio_impossible) is State.UNKNOWN
