"""Filters that Zed has no more, against their formulas as the releases that had them document them:

    total × ratio − used ≥ wanted, and total ≥ wanted (Core, Ram, Disk and their Aggregate kinds)
    free = wanted (the Exact ones)

There is no real one here to ask: the formulas are written down a second time, case by case.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.placement.filters.cases import Case, draw
from tests.placement.filters.mending import mended
from tests.placement.filters.ours import answer

RATIOS = {"Core": "cpu", "Ram": "ram", "Disk": "disk"}


def case_of(name: str, number: int) -> Case:
    case, rng = draw(name, 7, number), Random(f"{name} {number}")
    case["host"]["ratios"] = {kind: rng.choice([0.5, 1.0, 1.5, 16.0]) for kind in ("cpu", "ram", "disk")}
    if name.startswith("Aggregate"):
        key = f"{RATIOS[what(name)]}_allocation_ratio"
        values = ["1.0", "0.25", "8", "much", "1.0,2.0"]
        case["host"]["aggregates"] = [
            {"name": f"agg{each}", "metadata": {key: rng.choice(values)}} for each in range(rng.randrange(3))
        ]
    case["request"] |= {
        "vcpus": rng.choice([1, 2, 8, 16]),
        "ram_mb": rng.choice([512, 4096, 14336, 20000]),
        "disk_gb": rng.choice([0, 10, 30, 40, 180, 500]),
    }
    return case


def what(name: str) -> str:
    return name.removesuffix("Filter").removeprefix("Aggregate").removeprefix("Exact")


def numbers(case: Case) -> tuple[int, int, int]:
    """wanted, total, used of the filter's own kind."""
    told, asked = case["host"]["hypervisor"], case["request"]
    if what(case["filter"]) == "Core":
        return asked["vcpus"], told["vcpus"], told["vcpus_used"]
    if what(case["filter"]) == "Ram":
        return asked["ram_mb"], told["memory_mb"], told["memory_mb"] - told["free_ram_mb"]
    free, least = told["free_disk_gb"], told["disk_available_least"]
    free = free if least is None else min(free, least)
    return asked["disk_gb"] * 1024, told["local_gb"] * 1024, (told["local_gb"] - free) * 1024


def ratio(case: Case) -> float:
    kind = RATIOS[what(case["filter"])]
    values = [each["metadata"][f"{kind}_allocation_ratio"] for each in case["host"]["aggregates"]]
    own: float = case["host"]["ratios"][kind]
    if not values or not case["filter"].startswith("Aggregate"):
        return own
    return own if {"much", "1.0,2.0"} & set(values) else min(float(each) for each in values)


@pytest.mark.parametrize("kind", ["Core", "Ram", "Disk"])
@pytest.mark.parametrize("prefix", ["", "Aggregate", "Exact"])
def test_formula(prefix: str, kind: str) -> None:
    name, said = f"{prefix}{kind}Filter", set()
    for number in range(300):
        case = case_of(name, number)
        wanted, total, used = numbers(case)
        fits = wanted == total - used
        if prefix != "Exact":
            fits = wanted <= total and total * ratio(case) - used >= wanted
        ours, refusal = answer(case)
        assert ours == ("yes" if fits else "no"), (case, refusal)
        said.add(ours)
        for mend in refusal.mends if refusal else ():
            assert mend.commands[0].startswith("openstack flavor create")
    assert said == {"yes", "no"}


def test_one_flavour_on_a_host() -> None:
    case = draw("TypeAffinityFilter", 1, 1)
    case["host"]["servers"] = []
    assert answer(case)[0] == "yes"
    case["host"]["servers"] = ["s1"]
    assert answer(case)[0].startswith("unseen")  # the servers' flavours were not told


def test_no_host_is_trusted_unasked() -> None:
    case = draw("TrustedFilter", 1, 1)
    assert answer(case)[0] == "yes"
    case["request"]["extra_specs"] = [["trust:trusted_host", "trusted"]]
    assert answer(case)[0].startswith("unseen")


def test_a_new_request_has_tried_no_host() -> None:
    assert answer(draw("RetryFilter", 1, 1))[0] == "yes"


def test_mending_knows_no_other_commands() -> None:
    """The fake that carries mends out says so when it does not know a command."""
    case = case_of("RamFilter", 1)
    refused = next(
        refusal
        for number in range(99)
        if (refusal := answer(case_of("RamFilter", number))[1]) and refusal.mends
    )
    with pytest.raises(AssertionError, match="unknown command"):
        mended(case, refused.mends[0])
