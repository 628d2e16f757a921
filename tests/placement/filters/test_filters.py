"""The filters as a whole: how they are found, ordered and documented; and what they never do."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mitate.analyze.check import HEADINGS
from mitate.analyze.placement import filters as package
from mitate.analyze.placement.answers import Unseen
from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.filters._defaults import RELEASES, enabled_by_default
from mitate.analyze.placement.filters._filter import all_filters, filters_in_order
from mitate.model.placement import Stage
from mitate.model.snapshot import snapshot
from tests.placement.filters.cases import REAL, Case, draw
from tests.placement.filters.mending import mended
from tests.placement.filters.ours import NOW, answer, cloud, wanted

OLD = {
    *(f"{kind}{what}Filter" for kind in ("", "Aggregate", "Exact") for what in ("Core", "Ram", "Disk")),
    *("RetryFilter", "TrustedFilter", "TypeAffinityFilter"),
}


def test_every_filter_of_nova_is_there() -> None:
    assert set(all_filters()) == set(REAL) | OLD
    for _, _, names in RELEASES:
        assert set(names) <= set(all_filters())


def test_file_and_function_have_one_name() -> None:
    for info in pkgutil.iter_modules(package.__path__):
        if not info.name.startswith("_"):
            here = getattr(importlib.import_module(f"{package.__name__}.{info.name}"), info.name)
            plain = here.name.removesuffix("Filter").lower()
            assert info.name.replace("_", "") == plain
            assert here.ask.__name__ == info.name


@pytest.mark.parametrize("name", sorted(all_filters()))
def test_every_filter_has_its_page(name: str) -> None:
    lines = all_filters()[name].manual.splitlines()
    assert lines[0].endswith(".")
    assert [line for line in lines if line in HEADINGS] == list(HEADINGS)
    assert all(line == "" or line.startswith("    ") or line in HEADINGS for line in lines[1:])


def with_options(*options: tuple[str, str, str]) -> Cloud:
    return cloud(draw("AllHostsFilter", 1, 1) | {"options": [list(each) for each in options]})


def test_the_configured_order_counts() -> None:
    told = with_options(("filter_scheduler", "enabled_filters", "ComputeFilter, NoSuchFilter,JsonFilter"))
    found, assumed = filters_in_order(told)
    assert [each.name for each in found[1:]] == ["ComputeFilter", "NoSuchFilter", "JsonFilter"]
    assert assumed == ()
    case = draw("AllHostsFilter", 1, 1)
    with pytest.raises(Unseen, match="NoSuchFilter is no filter of Nova's own"):
        found[2].ask(told.hosts[0], wanted(case), told)


def test_newton_called_the_option_otherwise() -> None:
    found, assumed = filters_in_order(with_options(("DEFAULT", "scheduler_default_filters", "RamFilter")))
    assert [each.name for each in found[1:]] == ["RamFilter"]
    assert assumed == ()


def test_without_a_file_the_release_decides() -> None:
    found, assumed = filters_in_order(with_options(), "2.38")
    assert [each.name for each in found][:3] == ["RetryFilter", "AvailabilityZoneFilter", "RamFilter"]
    assert "Newton" in assumed[0]
    found, assumed = filters_in_order(with_options())
    assert [each.name for each in found] == list(RELEASES[-1][2])
    assert "newest" in assumed[0]
    assert enabled_by_default("2.999")[0] == RELEASES[-1][2]


@pytest.mark.parametrize("name", sorted(all_filters()))
def test_what_nobody_saw_is_unseen(name: str) -> None:
    """Of a cloud that told nothing but a host's name, no filter that is asked something says yes or no."""
    case = draw(name, 2, 3)
    asking = {
        "AvailabilityZoneFilter": {"zone": "az1"},
        "DifferentHostFilter": {"hints": [["different_host", "s1"]]},
        "SameHostFilter": {"hints": [["same_host", "s1"]]},
        "SimpleCIDRAffinityFilter": {"hints": [["build_near_host_ip", "10.0.0.1"]]},
        "JsonFilter": {"hints": [["query", '[">", "$free_ram_mb", 1]']]},
        "ImagePropertiesFilter": {"image": {"id": "i", "properties": [["hw_architecture", "aarch64"]]}},
        "AggregateImagePropertiesIsolation": {"image": {"id": "i", "properties": [["os_distro", "x"]]}},
        "AggregateInstanceExtraSpecsFilter": {"extra_specs": [["ssd", "true"]]},
        "ComputeCapabilitiesFilter": {"extra_specs": [["capabilities:cpu_info:arch", "x86_64"]]},
        "NUMATopologyFilter": {"extra_specs": [["hw:numa_nodes", "1"]]},
        "PciPassthroughFilter": {"extra_specs": [["pci_passthrough:alias", "nic:1"]]},
        "TrustedFilter": {"extra_specs": [["trust:trusted_host", "trusted"]]},
        "ServerGroupAffinityFilter": {
            "group": {"name": "g", "policy": "affinity", "max_per_host": None, "members": ["s1"]}
        },
        "ServerGroupAntiAffinityFilter": {
            "group": {"name": "g", "policy": "anti-affinity", "max_per_host": None, "members": ["s1"]}
        },
    }
    case["request"] |= asking.get(name, {})
    dark = Cloud(snapshot("dark", NOW, []))
    host = cloud(case).hosts[0]
    alone = type(host)(host.host, host.node)
    if name in ("AllHostsFilter", "RetryFilter", "MetricsFilter", "IsolatedHostsFilter"):
        assert (
            all_filters()[name].ask(alone, wanted(case), dark) is None
        )  # they look at the configuration only
    else:
        with pytest.raises(Unseen, match=r"compute1|not seen: nobody was asked"):
            all_filters()[name].ask(alone, wanted(case), dark)


words = st.text(max_size=12) | st.sampled_from(
    ["<or>", "<in> a", ">= 1", "$host", '["=", 1, 1]', "1", "nan", "9" * 400]
)
pairs = st.lists(st.tuples(words, words).map(list), max_size=3)


@pytest.mark.parametrize("name", sorted(all_filters()))
def test_whatever_a_cloud_says(name: str) -> None:
    """Nothing but an answer comes out, and the sentence fits on a line."""

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(pairs, pairs, pairs, pairs, pairs, st.integers(0, 50))
    def anything(specs: Any, image: Any, hints: Any, metadata: Any, options: Any, number: int) -> None:
        case: Case = draw(name, 3, number)
        request = case["request"]
        request["extra_specs"] += specs + [[f"capabilities:{key}", value] for key, value in specs]
        if request["image"]:
            request["image"]["properties"] += image
        names = ("query", "same_host", "different_host", "cidr", "build_near_host_ip")
        request["hints"] += [[key, value] for key in names for _, value in hints] + hints
        case["host"]["aggregates"].append({"name": "odd", "metadata": dict(metadata)})
        case["options"] += [["filter_scheduler", key, value] for key, value in options]
        said, refusal = answer(case)
        assert said.split()[0] in ("yes", "no", "unseen")
        if refusal:
            assert refusal.stage is Stage.FILTERS
            assert "\n" not in refusal.says.replace("\n", " ")

    anything()


def test_a_group_needs_its_filter() -> None:
    case = draw("ServerGroupAffinityFilter", 4, 1)
    case["request"]["group"] = {"name": "g", "policy": "affinity", "max_per_host": None, "members": []}
    case["options"] = [["filter_scheduler", "enabled_filters", "ServerGroupAntiAffinityFilter"]]
    seen, asked = cloud(case), wanted(case)
    step, only = filters_in_order(seen)[0]
    assert (step.name, only.name) == ("server group policy", "ServerGroupAntiAffinityFilter")
    refusal = step.ask(seen.hosts[0], asked, seen)
    assert refusal is not None
    assert "ServerGroupAffinityFilter is not enabled" in refusal.says
    for mend in refusal.mends:
        after = mended(case, mend)
        then = cloud(after)
        assert filters_in_order(then)[0][0].ask(then.hosts[0], wanted(after), then) is None
    case["request"]["group"]["policy"] = "anti-affinity"
    assert step.ask(seen.hosts[0], wanted(case), seen) is None
