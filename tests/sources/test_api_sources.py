"""The lists of the API: recorded on a real cloud (Zed), read whole and as what ``keep`` leaves of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mitate.collect.question import ApiQuestion, all_sources

SAMPLES: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "samples/api.json").read_text()
)
# Fields that the recorded cloud left empty, and one list that the transport makes itself.
SAMPLES["servers"][0]["fault"] = {"code": 500, "message": "No valid host was found. ", "created": "x"}
SAMPLES["servers"][0]["OS-EXT-STS:task_state"] = "spawning"
SAMPLES["subnets"][0]["host_routes"] = [{"destination": "192.0.2.0/24", "nexthop": "10.10.0.9"}]
SAMPLES["ports"][0]["allowed_address_pairs"] = [
    {"ip_address": "10.9.0.0/24", "mac_address": "fa:16:3e:0:0:1"}
]
SAMPLES["ports"][0]["name"] = "vip"
SAMPLES["server_ports"] = SAMPLES["ports"]
SAMPLES["flavors"][0]["extra_specs"] = {"hw:cpu_policy": "dedicated"}
SAMPLES["hypervisors"][0]["cpu_info"] = {"arch": "x86_64", "features": ["aes"]}
SAMPLES["network_agents"][0]["configurations"]["bridge_mappings"] = {"physnet2": "br-ex"}
SAMPLES["security_group_rules"][0].update(
    protocol="tcp", port_range_min=22, port_range_max=22, remote_ip_prefix="0.0.0.0/0", remote_group_id="g"
)
SAMPLES["servers"][0]["flavor"]["extra_specs"] = {"hw:cpu_policy": "dedicated"}
SAMPLES["servers"][0]["flavor"].update(ephemeral=1, swap=64)
SAMPLES["servers"][0]["image"] = {"id": "70a599e0-31e7-49b7-b260-868f441e862b"}
SAMPLES["servers_by"] = SAMPLES["servers"]
SAMPLES["flavors"][0].update({"OS-FLV-EXT-DATA:ephemeral": 1, "swap": 64})
SAMPLES["server"] = [
    {**SAMPLES["server"][0], "flavor": {**SAMPLES["server"][0]["flavor"], "ephemeral": 1, "swap": 64}},
    # of a release that tells more, and on a host
    {
        **SAMPLES["server"][0],
        "pinned_availability_zone": "az1",
        "scheduler_hints": {"different_host": ["a", "b"], "query": '["=", "$a", 1]'},
        "server_groups": ["16224b1a-6e3f-4d7e-b5e1-c5cdc82f72a2"],
        "OS-EXT-SRV-ATTR:host": "compute1",
        "OS-EXT-STS:task_state": "spawning",
    },
]
SAMPLES["server"][0]["OS-EXT-AZ:availability_zone"] = "az2"
SAMPLES["server"][0]["os-extended-volumes:volumes_attached"] = [
    {"id": "0d2f7c8e-6a0b-4a57-9d39-1e1a4b7a0c11"}
]
SAMPLES["server"][0]["flavor"]["extra_specs"] = {"hw:cpu_policy": "dedicated"}
for _events in (
    SAMPLES["server_events"][0]["whole"]["events"],
    SAMPLES["failed_servers"][0]["newest"]["events"],
):
    _events.append({**_events[0], "details": None, "traceback": "File x\\nBuildAbortException: no"})
SAMPLES["server_history"] = SAMPLES["server_events"]
SAMPLES["images"][0].update(
    {
        "min_ram": 64,
        "min_disk": 1,
        "img_hv_type": "qemu",
        "trait:CUSTOM_GOLD": "required",
        "hw_disk_bus": "scsi",
    }
    | dict.fromkeys(("os_command_line", "os_distro", "os_require_quiesce", "os_secure_boot"), "x")
    | dict.fromkeys(("os_type", "os_version", "architecture", "hypervisor_type", "vm_mode"), "x")
    | {"hypervisor_version_requires": ">=6"}
)
SAMPLES["image"] = SAMPLES["images_named"] = SAMPLES["images"]
SAMPLES["server_groups"][0].update(rules={"max_server_per_host": 2}, members=["8fd71303"])
SAMPLES["server_group"] = SAMPLES["server_groups"]
next(iter(SAMPLES["candidates"][0]["provider_summaries"].values()))["root_provider_uuid"] = "its-root"
SAMPLES["candidates"].append({"refusal": "No such trait(s): CUSTOM_NOPE."})
SAMPLES["resource_providers"][0]["parent_provider_uuid"] = "4e8e5957-649f-477b-9e5b-f1f75b21c03c"
SAMPLES["migrations"] = [
    {
        "instance_uuid": "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe",
        "migration_type": "live-migration",
        "status": "completed",
        "source_compute": "compute1",
        "dest_compute": "compute2",
        "created_at": "2026-11-22T15:20:00.000000",
        "updated_at": "2026-11-22T15:20:31.000000",
    },
    {
        "instance_uuid": "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe",
        "created_at": "2026-11-22T15:20:00.000000",
    },
]
SAMPLES["aggregates"][0].update(created_at="2026-11-22T15:20:00.000000", updated_at=None)
SAMPLES["aggregates"].append({**SAMPLES["aggregates"][0], "updated_at": "2026-11-22T15:21:00.000000"})
SAMPLES["endpoints"] = [
    {
        "service": "compute",
        "interface": "public",
        "region": "R",
        "url": "http://c:8774",
        "status": 200,
        "took_s": 1,
    },
    {
        "service": "network",
        "interface": "public",
        "region": "R",
        "url": "x",
        "reason": "refused",
        "detail": "no",
    },
]
MANY = {
    *(
        "provider_details",
        "provider_inventories",
        "provider_allocations",
        "server_events",
        "server_history",
        "failed_servers",
    ),
    *("vcpu_capacity", "memory_capacity", "disk_capacity"),
}
"""Those whose items tell of several things each, or of none."""
SOURCES = [name for name, source in all_sources().items() if isinstance(source.question, ApiQuestion)]


def keep_of(name: str) -> tuple[str, ...]:
    question = all_sources()[name].question
    assert isinstance(question, ApiQuestion)
    return question.keep


def pruned(item: Any, paths: list[list[str]]) -> Any:
    """What stays of an item when only those paths are kept."""
    kept: dict[str, Any] = {}
    if isinstance(item, list):
        return [pruned(each, paths) for each in item]
    for start in {path[0] for path in paths}:
        below = [path[1:] for path in paths if path[0] == start]
        for key in item if isinstance(item, dict) else ():
            if key == start or (start.endswith("*") and key.startswith(start[:-1])):
                kept[key] = item[key] if [] in below else pruned(item[key], below)
    return kept


def test_every_list_has_a_sample() -> None:
    assert sorted(SAMPLES) == sorted(SOURCES)


@pytest.mark.parametrize("name", SOURCES)
def test_keep_is_exactly_what_is_read(name: str, facts: Any) -> None:
    keep = keep_of(name)
    assert len(set(keep)) == len(keep)
    whole = facts(name, json.dumps(SAMPLES[name]), "api")
    assert len(whole) == len(SAMPLES[name]) or name in MANY

    def left(paths: tuple[str, ...]) -> Any:
        text = json.dumps([pruned(item, [path.split(".") for path in paths]) for item in SAMPLES[name]])
        try:
            return facts(name, text, "api")
        except ValueError:
            return "unreadable"

    assert left(keep) == whole
    for path in keep:
        assert left(tuple(other for other in keep if other != path)) != whole, f"{path} is kept for nothing"


@pytest.mark.parametrize("name", SOURCES)
def test_unknown_fields_and_nulls_change_nothing_that_matters(name: str, facts: Any) -> None:
    items = copy.deepcopy(SAMPLES[name])
    whole = facts(name, json.dumps(items), "api")
    for item in items:
        item["of_a_later_release"] = {"x": [1]}
    assert facts(name, json.dumps(items), "api") == whole


VALUES: tuple[Any, ...] = (None, "", "x" * 5000, -1, 2**80, [], {}, [{}], True)


def broken(items: list[dict[str, Any]]) -> Iterator[Any]:
    yield from (None, {}, "x", 3, [None], [[]], ["x"], [{}])
    for key in items[0]:
        for value in VALUES:
            yield [{**items[0], key: value}]


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_of_another_kind_is_a_value_error_or_unknown(name: str, facts: Any) -> None:
    for items in broken(SAMPLES[name]):
        try:
            told = facts(name, json.dumps(items), "api")
        except ValueError:
            continue
        assert all(len(str(fact)) < 20_000 for fact in told)


def test_unknown_is_never_the_healthy_value(facts: Any) -> None:
    agent = {**SAMPLES["network_agents"][0]}
    agent.pop("alive")
    with pytest.raises(ValueError, match="alive"):
        facts("network_agents", json.dumps([agent]), "api")
    service = {**SAMPLES["compute_services"][0]}
    service.pop("state")
    with pytest.raises(ValueError, match="state"):
        facts("compute_services", json.dumps([service]), "api")
    hypervisor = {**SAMPLES["hypervisors"][0]}
    for gone in ("state", "vcpus", "running_vms"):
        hypervisor.pop(gone)
    told = facts("hypervisors", json.dumps([hypervisor]), "api")[0]
    assert (told.up, told.vcpus, told.running_vms) == (None, None, None)
    with pytest.raises(ValueError, match="neither a status nor a reason"):
        facts("endpoints", '[{"service": "compute", "url": "http://c"}]', "api")


def test_json_that_is_none_or_too_deep(facts: Any) -> None:
    for text in ("", "{", "<html>502</html>", "[" * 100_000, '[{"id": 1e999}]', '"\\ud800"'):
        with pytest.raises(ValueError, match=r".+"):
            facts("servers", text, "api")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("name", SOURCES)
def test_only_value_error(name: str, facts: Any) -> None:
    fields = st.fixed_dictionaries({}, optional=dict.fromkeys(SAMPLES[name][0], ANYTHING))

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(fields | st.fixed_dictionaries({"id": st.text()}) | ANYTHING, max_size=3), st.booleans())
    def anything(items: list[Any], whole: bool) -> None:
        if whole:  # what is well but for the fields of another kind
            items = [{**SAMPLES[name][0], **item} for item in items if isinstance(item, dict)]
        try:
            found = facts(name, json.dumps(items), "api")
            assert len(found) == len(items) or name in MANY
        except ValueError as why:
            assert 0 < len(str(why)) < 500

    anything()
