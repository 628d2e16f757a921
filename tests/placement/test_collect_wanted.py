"""The request that is explained, put together out of a server's own and of options."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.wanted import request_of, wanted_of
from mitate.model.cloud import ComputeService, Flavor, Server
from mitate.model.errors import CannotStart
from mitate.model.placement import Aggregate, Given, Image, ServerGroup, ServerRequest, Wanted
from mitate.model.snapshot import snapshot
from mitate.model.source import API, Fact, Gap, Source

SOURCE = Source(API, "asked", datetime(2026, 11, 22, 15, 30, tzinfo=UTC))
FLAVOR = Flavor(
    source=SOURCE,
    id="f1",
    name="m1.big",
    vcpus=4,
    ram_mb=8192,
    disk_gb=20,
    ephemeral_gb=5,
    swap_mb=512,
    extra_specs=(("hw:cpu_policy", "dedicated"),),
)
REQUEST = ServerRequest(
    source=SOURCE,
    server_id="s1",
    name="web",
    project_id="p1",
    status="ERROR",
    flavor_name="m1.old",
    vcpus=1,
    ram_mb=64,
    disk_gb=1,
    image_id="i1",
    zone="az1",
    hints=(("different_host", "a"), ("different_host", "b")),
)
IMAGE = Image(source=SOURCE, id="i1", name="cirros", properties=(("hw_disk_bus", "scsi"),))
GROUP = ServerGroup(source=SOURCE, id="g1", name="apart", policy="anti-affinity")
ZONE = Aggregate(source=SOURCE, id="1", uuid="u1", name="one", zone="az1", hosts=("compute1",))
SERVICE = ComputeService(
    source=SOURCE, id="c1", binary="nova-compute", host="compute1", zone="nova", enabled=True, up=True
)
CONDUCTOR = ComputeService(
    source=SOURCE, id="c2", binary="nova-conductor", host="ctl", zone="internal", enabled=True, up=True
)


def wanted(request: ServerRequest | None = REQUEST, *facts: Fact, gaps: Any = (), **given: Any) -> Wanted:
    known = facts or (FLAVOR, IMAGE, GROUP, ZONE, SERVICE, CONDUCTOR)
    return wanted_of(request, Given(**given), Cloud(snapshot("lab", SOURCE.at, known, gaps)))


def test_a_servers_own_request() -> None:
    told = wanted()
    assert (told.name, told.flavor_name, told.ram_mb, told.zone) == ("web", "m1.old", 64, "az1")
    assert told.image == IMAGE
    assert told.hint("different_host") == ("a", "b")
    assert (told.server_id, told.project_id, told.count) == ("s1", "p1", 1)
    assert not told.from_volume
    assert not told.unseen


def test_a_request_by_options() -> None:
    told = wanted(None, flavor="m1.big", image="i1", count=3, hints=(("group", "apart"),), project="p2")
    assert (told.vcpus, told.ram_mb, told.disk_gb, told.ephemeral_gb, told.swap_mb) == (4, 8192, 20, 5, 512)
    assert told.spec("hw:cpu_policy") == "dedicated"
    assert (told.group, told.count, told.project_id, told.server_id) == (GROUP, 3, "p2", "")
    assert told.image == IMAGE


def test_options_replace_parts_of_a_server_and_add_to_others() -> None:
    told = wanted(
        flavor="f1",
        properties=(("hw:cpu_policy", "shared"), ("trait:X", "required")),
        hints=(("different_host", "c"), ("query", "[]")),
        zone="nova:compute1:node",
    )
    assert told.flavor_name == "m1.big"
    assert told.extra_specs == (("hw:cpu_policy", "shared"), ("trait:X", "required"))
    assert told.hints == (("different_host", "c"), ("query", "[]"))
    assert (told.zone, told.forced_host) == ("nova", "compute1")
    assert told.name == "web"


def test_a_server_group_is_a_hint_also_where_hints_are_not_told() -> None:
    request = ServerRequest(**{**_fields(REQUEST), "hints": None, "groups": ("g1",)})
    told = wanted(request)
    assert told.hints == (("group", "g1"),)
    assert told.group == GROUP
    assert any("scheduler hints" in clause for clause in told.unseen)


def test_what_could_not_be_seen_is_said_and_not_made_up() -> None:
    gap = Gap(API, "images", "HTTP 503", ("Image", "ServerGroup"))
    request = ServerRequest(**{**_fields(REQUEST), "hints": (("group", "g1"),)})
    told = wanted(request, FLAVOR, gaps=[gap])
    assert told.image is None
    assert told.group is None
    assert any("image i1 (HTTP 503)" in clause for clause in told.unseen)
    assert any("server group g1 (HTTP 503)" in clause for clause in told.unseen)


def test_a_server_that_boots_from_a_volume() -> None:
    request = ServerRequest(**{**_fields(REQUEST), "image_id": ""})
    assert wanted(request).from_volume
    assert not wanted(request, image="cirros").from_volume
    assert wanted(None, flavor="f1", from_volume=True).from_volume
    assert wanted(from_volume=True).image is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"flavor": "m1.bgi"}, "there is no flavour 'm1.bgi'; did you mean m1.big?"),
        ({"flavor": "nothing like it"}, "there is no flavour 'nothing like it'"),
        ({"image": "Cirros2"}, "there is no image 'Cirros2'; did you mean cirros?"),
        ({"zone": "az2"}, "there is no availability zone 'az2': there are az1, nova"),
        ({"zone": "internal"}, "there is no availability zone 'internal': there are az1, nova"),
        ({"hints": (("group", "apartt"),)}, "there is no server group 'apartt'; did you mean apart?"),
    ],
)
def test_what_there_is_not(given: dict[str, Any], says: str) -> None:
    with pytest.raises(CannotStart) as why:
        wanted(**given)
    assert str(why.value) == says


def test_several_of_one_name_and_none_that_can_be_seen() -> None:
    twin = Image(source=SOURCE, id="i2", name="cirros")
    with pytest.raises(CannotStart, match=r"2 images are called 'cirros': give the id of one \(i1, i2\)"):
        wanted(REQUEST, FLAVOR, IMAGE, twin, image="cirros")
    gap = Gap(API, "flavors", "needs the admin role (HTTP 403)", ("Flavor",))
    with pytest.raises(CannotStart, match="cannot be seen: needs the admin role"):
        wanted(None, IMAGE, gaps=[gap], flavor="m1.big")


def test_a_recorded_server_is_a_request_too() -> None:
    server = Server(
        source=SOURCE,
        id="s1",
        name="web",
        project_id="p1",
        status="ERROR",
        zone="az1",
        fault="No valid host was found.",
        flavor_name="m1.big",
        flavor_vcpus=4,
        flavor_ram_mb=8192,
        flavor_disk_gb=20,
        flavor_extra_specs=(("a", "b"),),
        image_id="i1",
    )
    request = request_of(server)
    assert (request.vcpus, request.ram_mb, request.zone, request.extra_specs) == (
        4,
        8192,
        "az1",
        (("a", "b"),),
    )
    assert request.hints is None
    assert request_of(Server(**{**_fields(server), "host": "compute1"})).zone == ""


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}


def test_beside_a_forced_host_any_zone_will_do() -> None:
    """Nova asks for the zone only where no host is forced."""
    assert (wanted(zone="az2:c1").zone, wanted(zone="az2:c1").forced_host) == ("az2", "c1")
