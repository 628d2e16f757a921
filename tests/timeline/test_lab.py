"""On the practice cloud: a build, a cold migration and a live one, and a build that fails, as they are told.

The computes are made ready for it as an operator would: Nova's user goes from one to the other by ssh (a cold
migration copies the disk so), and libvirt takes calls by TCP, with a host id of its own (the lab's hosts are
one machine, and libvirt migrates nothing to itself). Afterwards all is as it was.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mitate.lab import Lab, LabBusyError
from mitate.lab.faults._api import ask, create_server, delete_servers, wait_healthy
from mitate.lab.faults._files import change, put_back
from mitate.lab.faults._room import forget, make_image
from mitate.lab.faults._units import restart
from mitate.lab.shell import run

pytestmark = [
    pytest.mark.lab,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="the practice cloud needs root"),
]
NAME, LOST = "timeline-test", "timeline-test-lost"
COMPUTES = ("compute1", "compute2")
CONF = "/etc/libvirt/libvirtd.conf"
LIBVIRT = "libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service"
BY_TCP = "libvirtd-tcp.socket"

LOGIN = """
set -e
cd /var/lib/nova; [ ! -e .ssh ] || { echo 'there is a .ssh already' >&2; exit 1; }
getent passwd nova | cut -d : -f 7 >/root/shell-of-nova
usermod -s /bin/sh nova
mkdir -m 700 .ssh
printf '%s\\n' "$1" >.ssh/id_ed25519; printf '%s\\n' "$2" >.ssh/authorized_keys
printf 'StrictHostKeyChecking no\\nUserKnownHostsFile /dev/null\\nLogLevel ERROR\\n' >.ssh/config
chmod 600 .ssh/*; chown -R nova: .ssh
"""
LOGOUT = """
[ -e /root/shell-of-nova ] || exit 0
rm -rf /var/lib/nova/.ssh
usermod -s "$(cat /root/shell-of-nova)" nova && rm /root/shell-of-nova
"""

ACT = """
import json, time
server, body, status, moved_from = json.loads({asked!r})
said = conn.compute.post(f"/servers/{{server}}/action", json=body, microversion="2.34")
said.raise_for_status()
deadline = time.monotonic() + 240
while True:
    seen = conn.compute.get(f"/servers/{{server}}", microversion="2.34").json()["server"]
    host = seen["OS-EXT-SRV-ATTR:host"]
    if seen["status"] == status and not seen["OS-EXT-STS:task_state"] and host != moved_from:
        break
    if seen["status"] == "ERROR" or time.monotonic() > deadline:
        path = f"/servers/{{server}}/os-instance-actions"
        raise SystemExit(f"it is {{seen['status']}} on {{host}}: {{conn.compute.get(path).text[:600]}}")
    time.sleep(1)
print(json.dumps(host))
"""
ACTIONS = """
import json
path = "/servers/{server}/os-instance-actions"
print(json.dumps(conn.compute.get(path, microversion="2.62").json()["instanceActions"]))
"""
SERVER = """
import json
seen = conn.compute.find_server({name!r}, ignore_missing=False)
seen = conn.compute.get(f"/servers/{{seen.id}}").json()["server"]
print(json.dumps([seen["id"], seen["OS-EXT-SRV-ATTR:host"]]))
"""


@dataclass(frozen=True)
class Moved:
    """A server that went from one host to another. action: as Nova calls it. request: that asked for it."""

    id: str
    action: str
    request: str
    source: str
    destination: str


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The practice cloud, with computes between which servers can be moved."""
    key = tmp_path_factory.mktemp("key") / "id"
    try:
        lab = Lab.at()
        if not lab.is_up():
            pytest.skip("the practice cloud is not up: mitate lab up")
        with lab.locked("test of timelines"):
            if lab.broken():
                pytest.skip("a fault is in force: mitate lab mend")
            try:
                _make_ready(lab, key)
                yield lab
            finally:
                _as_before(lab)
    except LabBusyError as busy:
        pytest.skip(str(busy))


def _make_ready(lab: Lab, key: Path) -> None:
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
    for host in COMPUTES:
        lab.host(host).sh(LOGIN, key.read_text().strip(), key.with_suffix(".pub").read_text().strip())
        change(lab, host, CONF, f'$a auth_tcp = "none"\\nhost_uuid = "{uuid.uuid4()}"')
        lab.sh(host, f"systemctl stop {LIBVIRT}; systemctl start {BY_TCP} {LIBVIRT}")
        restart(lab, host, "nova-compute")
    make_image(lab, NAME, os_shutdown_timeout="5")  # the guest heeds no power button
    wait_healthy(lab)


def _as_before(lab: Lab) -> None:
    delete_servers(lab, NAME, LOST)
    forget(lab, images=(NAME, LOST))
    for host in COMPUTES:
        lab.sh(host, LOGOUT)
        put_back(lab, host, CONF)
        lab.sh(host, f"systemctl stop {BY_TCP} {LIBVIRT}; systemctl start {LIBVIRT}")
        restart(lab, host, "nova-compute")
    wait_healthy(lab)


def _act(lab: Lab, server: str, body: dict[str, Any], status: str, moved_from: str = "") -> str:
    """Have something done to a server, and wait until its status is that; returns its host."""
    asked = json.dumps([server, body, status, moved_from])
    host: str = ask(lab, ACT.format(asked=asked), timeout=300)
    return host


def _actions(lab: Lab, server: str) -> dict[str, str]:
    """What was asked for, by request id, as the API tells it."""
    return {each["request_id"]: each["action"] for each in ask(lab, ACTIONS.format(server=server))}


def _request(lab: Lab, server: str, action: str) -> str:
    return next(request for request, each in _actions(lab, server).items() if each == action)


@pytest.fixture(scope="module")
def cold(lab: Lab) -> Moved:
    """A server that was built, then moved while it was off, and the move confirmed."""
    create_server(lab, NAME, image=NAME, until=("ACTIVE",))
    server, source = ask(lab, SERVER.format(name=NAME))
    destination = _act(lab, server, {"migrate": None}, "VERIFY_RESIZE", source)
    _act(lab, server, {"confirmResize": None}, "ACTIVE", source)
    return Moved(server, "migrate", _request(lab, server, "migrate"), source, destination)


@pytest.fixture(scope="module")
def live(lab: Lab, cold: Moved) -> Moved:
    """The same server, moved back while it ran, with its disk: the hosts share none."""
    source = cold.destination
    body = {"os-migrateLive": {"host": None, "block_migration": "auto"}}
    destination = _act(lab, cold.id, body, "ACTIVE", source)
    return Moved(cold.id, "live-migration", _request(lab, cold.id, "live-migration"), source, destination)


@pytest.fixture(scope="module")
def lost(lab: Lab) -> str:
    """A server whose image is gone from Glance's store, in ERROR."""
    make_image(lab, LOST)
    image = lab.python(f"print(conn.image.find_image({LOST!r}).id)").strip()
    lab.host("controller").sh('rm "/var/lib/glance/images/$1"', image)
    create_server(lab, LOST, image=LOST, until=("ERROR",))
    server: str = ask(lab, SERVER.format(name=LOST))[0]
    return server


def follow(*words: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "mitate", "logs", *words, "--lab", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, told


Step = tuple[str, str, str]
"""Service, words, host ("" for any): what happened, as its entry must have it."""


def steps_of_a_build(host: str) -> list[Step]:
    return [
        ("nova-api", "create: asked for", ""),
        ("nova-scheduler", "Starting to schedule", ""),
        ("placement-api", "PUT /allocations/", ""),
        ("nova-compute", "compute__do_build_and_run_instance", host),
        ("nova-compute", "Claim successful", host),
        ("nova-compute", "Creating image(s)", host),
        ("nova-compute", "Successfully plugged vif", host),
        ("nova-compute", "Instance spawned successfully", host),
    ]


def steps_of(moved: Moved) -> list[Step]:
    """As nova/conductor/tasks and nova/compute/manager.py do it."""
    here, there = moved.source, moved.destination
    if moved.action == "migrate":
        return [
            ("nova-api", "migrate: asked for", ""),
            ("nova-conductor", "conductor_migrate_server", ""),
            ("nova-compute", "compute_prep_resize", there),
            ("nova-compute", "compute_resize_instance", here),
            ("nova-compute", "compute_finish_resize", there),
            ("nova-compute", "Instance running successfully", there),
            ("nova-api", "confirmResize: asked for", ""),
            ("nova-compute", "compute_confirm_resize", here),
        ]
    return [
        ("nova-api", "live-migration: asked for", ""),
        ("nova-conductor", "conductor_live_migrate_instance", ""),
        ("nova-compute", "compute_check_can_live_migrate_destination", there),
        ("nova-compute", "compute_check_can_live_migrate_source", here),
        ("nova-compute", "compute_live_migration", here),
        ("nova-compute", "compute_pre_live_migration", there),
        ("nova-compute", "seconds for pre_live_migration on destination", here),
        ("nova-compute", "Migration operation has completed", here),
        ("nova-compute", "_post_live_migration() is started", here),
        ("nova-compute", "compute_post_live_migration_at_destination", there),
        ("nova-compute", "Post operation of migration started", there),
        ("nova-compute", "finished successfully", here),
    ]


def in_their_order(story: dict[str, Any], steps: Sequence[Step]) -> list[int]:
    """The place of each step among the entries: of the first that says these words after the step before."""
    places: list[int] = []
    for service, words, host in steps:
        later = enumerate(story["entries"][places[-1] if places else 0 :], places[-1] if places else 0)
        found = (
            place
            for place, each in later
            if each["service"] == service and words in each["says"] and host in ("", each["host"])
        )
        place = next(found, None)
        assert place is not None, f"{words} of {service} {host} is missing, or comes before {steps[0]}"
        places.append(place)
    return places


@pytest.mark.parametrize("how", ["cold", "live"])
def test_every_request_of_the_api_is_told(lab: Lab, how: str, request: pytest.FixtureRequest) -> None:
    moved: Moved = request.getfixturevalue(how)
    asked = _actions(lab, moved.id)
    _, story = follow("server", NAME)
    seen = {each["id"]: each for each in story["requests"]}
    assert {"create", moved.action} <= set(asked.values())
    assert set(asked) <= set(seen)
    assert {seen[each]["result"] for each in asked} == {"Success"}
    assert all(seen[each]["lines"] for each in asked)
    assert not story["gaps"]


@pytest.mark.parametrize("how", ["cold", "live"])
def test_its_life_is_told_in_the_right_order(how: str, request: pytest.FixtureRequest) -> None:
    moved: Moved = request.getfixturevalue(how)
    _, story = follow("server", NAME)
    times = [each["at"] for each in story["entries"]]
    assert times == sorted(times)
    first: Moved = request.getfixturevalue("cold")
    in_their_order(story, [*steps_of_a_build(first.source), *steps_of(moved)])


@pytest.mark.parametrize("how", ["cold", "live"])
def test_a_migration_that_went_well_has_no_first_error(how: str, request: pytest.FixtureRequest) -> None:
    moved: Moved = request.getfixturevalue(how)
    status, story = follow("request", moved.request)
    assert [each["action"] for each in story["requests"] if each["action"]] == [moved.action]
    assert (status, story["first_error"]) == (0, None), story["says"]


def test_who_called_whom_in_a_live_migration(live: Moved) -> None:
    _, story = follow("request", live.request)
    asked = [
        (each["what"], each["caller"]["host"], each["callee"]["host"])
        for each in story["waiting"]
        if each["how"] != "HTTP" and each["callee"]["service"] == "nova-compute"
    ]
    assert asked == [
        ("check_can_live_migrate_destination", "controller", live.destination),
        ("check_can_live_migrate_source", live.destination, live.source),
        ("live_migration", "controller", live.source),
        ("pre_live_migration", live.source, live.destination),
        ("post_live_migration_at_destination", live.source, live.destination),
    ]


def test_the_first_error_of_a_failed_build(lab: Lab, lost: str) -> None:
    status, story = follow("server", lost)
    assert (status, story["outcome"]) == (1, "failed")
    assert set(_actions(lab, lost)) <= {each["id"] for each in story["requests"]}
    first = story["entries"][story["first_error"]]
    assert (first["service"], first["host"]) == ("glance-api", "controller"), story["says"]
    assert "/var/lib/glance/images/" in first["says"]
