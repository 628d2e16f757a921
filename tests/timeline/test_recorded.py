"""Stories of the practice cloud (Debian 12, Zed), as ``mitate logs`` asked it over ssh while they were fresh:

a build and then a cold migration and its confirmation (``build-and-migrate``), a build whose image is gone
from Glance's store (``image-lost``), one that no host has the memory for (``no-host``), the request of the
migration (``migrate``), and a request that was refused for its quota (``quota``).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mitate.analyze.timeline.story import Bounds
from mitate.app import Truth
from mitate.following import follow
from mitate.model.timeline import Entry, Kind, Outcome, Timeline
from mitate.report import Options
from mitate.report.timeline import FORMATS, format_named

RECORDINGS = Path(__file__).parents[1] / "recordings" / "timeline"
STORIES = {
    "build-and-migrate": ("server", "tl-build"),
    "image-lost": ("server", "tl-badimage"),
    "no-host": ("server", "tl-huge"),
    "migrate": ("request", "req-6edec242-b6b6-46f9-bc4e-b399298c6999"),
    "quota": ("request", "req-10aa2a56-07a2-4d18-a3f1-a02da7f949b9"),
}


@cache
def story(name: str) -> Timeline:
    truth = Truth(bundle=RECORDINGS / f"{name}.tar.gz")
    return asyncio.run(follow(truth, *STORIES[name], Bounds()))


def at(told: Timeline, service: str, words: str, host: str = "") -> Entry:
    """The first entry of a service that says these words."""
    return next(
        e for e in told.entries if e.service == service and words in e.says and (not host or e.host == host)
    )


@pytest.mark.parametrize("name", STORIES)
def test_every_request_that_the_api_knows_is_there_with_its_lines(name: str) -> None:
    told = story(name)
    actions = [each for each in told.requests if each.action]
    assert all(each.lines for each in actions)
    assert not [each for each in told.blind if "no line was found of" in each]
    assert not told.gaps


def test_the_actions_of_a_server_are_complete() -> None:
    told = story("build-and-migrate")
    assert [each.action for each in told.requests if each.action] == ["create", "migrate", "confirmResize"]
    assert {each.result for each in told.requests if each.action} == {"Success"}
    services = {service for each in told.requests if each.action for service in each.services}
    assert {"nova-api", "nova-scheduler", "nova-conductor", "nova-compute", "placement-api"} <= services
    everyone = {entry.service for entry in told.entries}
    assert {"glance-api", "neutron-api", "neutron-linuxbridge-agent", "neutron-dhcp-agent"} <= everyone
    assert "libvirtd" in everyone, "libvirt's own log of the guest is read"


BUILD: list[tuple[str, str, str]] = [
    ("nova-api", "POST /v2.1/servers", ""),
    ("nova-api", "create: asked for", ""),
    ("glance-api", "GET /v2/images/", ""),
    ("nova-scheduler", "Starting to schedule", ""),
    ("placement-api", "GET /allocation_candidates", ""),
    ("placement-api", "PUT /allocations/", ""),
    ("nova-compute", "compute__do_build_and_run_instance", "compute2"),
    ("nova-compute", "Claim successful", "compute2"),
    ("nova-compute", "Creating image(s)", "compute2"),
    ("neutron-api", "PUT /v2.0/ports/", ""),
    ("nova-api", "Creating event network-changed", ""),
    ("nova-compute", "Successfully plugged vif", "compute2"),
    ("libvirtd", "starting up libvirt", "compute2"),
    ("nova-compute", "VM Started", "compute2"),
    ("neutron-linuxbridge-agent", "updated. Details", "compute2"),
    ("nova-api", "Creating event network-vif-plugged", ""),
    ("nova-compute", "Instance spawned successfully", "compute2"),
    ("nova-compute", "seconds to build instance", "compute2"),
    ("nova-api", "migrate: asked for", ""),
    ("nova-conductor", "conductor_migrate_server", ""),
    ("nova-compute", "compute_prep_resize", "compute1"),
    ("nova-compute", "compute_resize_instance", "compute2"),
    ("nova-compute", "failed to shutdown in 60 seconds", "compute2"),
    ("nova-compute", "compute_finish_resize", "compute1"),
    ("nova-compute", "Instance running successfully", "compute1"),
    ("nova-api", "confirmResize: asked for", ""),
    ("nova-compute", "compute_confirm_resize", "compute2"),
    ("nova-compute", "Deleted allocation for migration", "compute2"),
]
"""What must have happened in this order, by what Nova and Neutron do; see the docstrings of rpc.py."""


def test_a_build_and_a_migration_are_in_order() -> None:
    told = story("build-and-migrate")
    times = [at(told, *each).at for each in BUILD]
    wrong = [(BUILD[n], BUILD[n + 1]) for n in range(len(times) - 1) if times[n] > times[n + 1]]
    assert not wrong
    assert [each.at for each in told.entries] == sorted(each.at for each in told.entries)


def test_the_minute_that_the_guest_did_not_shut_down_is_told() -> None:
    told = story("build-and-migrate")
    long = max(told.silences, key=lambda each: each.seconds)
    assert 50 < long.seconds < 62
    assert long.says.startswith("nothing for 56 s, then “Instance failed to shutdown in 60 seconds")
    assert long.waited == "nova-compute on compute2 waited for the guest to shut itself down, in vain"
    plugged = next(each for each in told.silences if "neutron-api on controller" in each.waited)
    assert plugged.waited.startswith("nova-compute on compute2 waited for neutron-api")
    assert plugged.proved


def test_who_handed_the_migration_to_whom() -> None:
    told = story("migrate")
    steps = [(e.caller, e.callee, e.what) for e in told.waiting if e.how == "cast"]
    assert steps == [
        (("nova-api", "controller"), ("nova-conductor", "controller"), "migrate_server"),
        (("nova-conductor", "controller"), ("nova-compute", "compute1"), "prep_resize"),
        (("nova-compute", "compute1"), ("nova-compute", "compute2"), "resize_instance"),
        (("nova-compute", "compute2"), ("nova-compute", "compute1"), "finish_resize"),
    ]


def test_a_request_is_that_request_alone() -> None:
    told = story("migrate")
    assert [each.action for each in told.requests if each.action] == ["migrate"]
    assert told.name == "tl-build"
    assert told.outcome is Outcome.WELL
    assert told.first_error is None


@pytest.mark.parametrize(
    ("name", "service", "host", "words"),
    [
        ("image-lost", "glance-api", "controller", "data failed: Image /var/lib/glance/images/"),
        ("no-host", "nova-scheduler", "controller", "Got no allocation candidates"),
        ("quota", "nova-api", "controller", "Quota exceeded"),
    ],
)
def test_the_first_error_is_the_right_one(name: str, service: str, host: str, words: str) -> None:
    told = story(name)
    assert told.outcome is Outcome.FAILED
    assert told.first_error is not None
    first = told.entries[told.first_error]
    assert (first.service, first.host) == (service, host)
    assert words in first.says
    assert f"the first error is of {service} on {host}" in told.says


def test_the_traceback_names_the_code() -> None:
    told = story("image-lost")
    spawn = at(told, "nova-compute", "Instance failed to spawn")
    assert spawn.origin.startswith("nova/image/glance.py:")
    assert spawn.exception.startswith("nova.exception.ImageUnacceptable")
    assert spawn.asking.startswith("glance-api")


def test_who_asked_is_known_by_its_address() -> None:
    calls = [e for e in story("image-lost").entries if e.kind is Kind.CALL]
    callers = {(e.service, e.caller) for e in calls}
    assert ("glance-api", ("nova-compute", "compute1")) in callers
    assert ("placement-api", ("nova-compute", "compute1")) in callers
    assert ("placement-api", ("nova-scheduler", "controller")) in callers


@pytest.mark.parametrize("name", STORIES)
def test_no_secret_is_in_a_recording(name: str) -> None:
    import tarfile  # noqa: PLC0415 - only here

    with tarfile.open(RECORDINGS / f"{name}.tar.gz") as tar:
        for member in tar.getmembers():
            held = tar.extractfile(member)
            assert held is None or b"labpass" not in held.read()


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_it(name: str, form: str) -> None:
    told = story(name)
    text = format_named(form)(told, Options())
    assert told.id in text
    if form == "text":
        assert max(map(len, text.splitlines())) <= 80


def test_the_json_is_whole() -> None:
    told = story("image-lost")
    read: dict[str, Any] = json.loads(format_named("json")(told, Options()))
    assert read["schema"] == "mitate.timeline/1"
    assert read["outcome"] == "failed"
    assert len(read["entries"]) == len(told.entries)
    first = read["entries"][read["first_error"]]
    assert (first["service"], first["at"]) == ("glance-api", "2026-11-28T01:47:34.229Z")
    assert {each["debug"] for each in read["logs"]} <= {True, False, None}


def test_an_ordinary_recording_says_what_it_lacks(ordinary: Callable[[], Timeline]) -> None:
    told = ordinary()
    assert any("a recording holds warnings and errors" in each for each in told.blind)
    assert told.outcome is Outcome.FAILED


@pytest.fixture
def ordinary() -> Callable[[], Timeline]:
    """The story of a server in ERROR, out of a recording that ``mitate record`` made."""
    bundle = RECORDINGS.parent / "flavor_too_large.tar.gz"
    return lambda: asyncio.run(follow(Truth(bundle=bundle), "server", "vast", Bounds()))
