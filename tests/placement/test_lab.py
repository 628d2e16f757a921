"""On the practice cloud: a server that gets no host is explained live, and out of a recording alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mitate.lab import Lab, LabBusyError

pytestmark = [
    pytest.mark.lab,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="the practice cloud needs root"),
]
NAME = "placement-test"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """The practice cloud, with a server that wants more memory than any host has, in ERROR.

    It is less than the project's quota: else Nova refuses the request, and no server is there to explain.
    """
    try:
        lab = Lab.at()
        if not lab.is_up():
            pytest.skip("the practice cloud is not up: mitate lab up")
        if any(name.startswith("fake") for name in lab.hosts):
            pytest.skip("fake computes have more memory than the quota")
        with lab.locked("test of placement"):
            if lab.broken():
                pytest.skip("a fault is in force: mitate lab mend")
            lab.openstack("flavor", "create", "--vcpus", "1", "--ram", "48000", "--disk", "1", NAME)
            try:
                create = (
                    "server",
                    "create",
                    "--flavor",
                    NAME,
                    "--image",
                    "lab",
                    "--network",
                    "private",
                    NAME,
                )
                lab.openstack(*create)
                status = ("server", "show", NAME, "-f", "value", "-c", "status")
                ends = time.monotonic() + 60
                while lab.openstack(*status).strip() != "ERROR" and time.monotonic() < ends:
                    time.sleep(2)
                yield lab
            finally:
                lab.openstack("server", "delete", "--wait", NAME)
                lab.openstack("flavor", "delete", NAME)
    except LabBusyError as busy:
        pytest.skip(str(busy))


def mitate(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mitate", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)


def placement(*words: str) -> tuple[int, Any]:
    done = mitate("placement", NAME, "--format", "json", *words)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_it_is_explained_live_and_out_of_a_recording(lab: Lab, tmp_path: Path) -> None:
    bundle = tmp_path / "there.tar.gz"
    assert mitate("record", "--lab", "-o", str(bundle)).returncode == 0
    for where in (["--lab"], ["--bundle", str(bundle)]):
        status, told = placement(*where)
        assert (status, told["verdict"], told["stage"]) == (1, "NO_HOST", "placement"), where
        assert {host["rejected_by"] for host in told["hosts"]} == {"MEMORY_MB"}, where
        assert told["smallest_changes"], where
        assert told.get("api_requests", 0) <= 30


def test_every_source_of_placement_is_answered(lab: Lab, tmp_path: Path) -> None:
    """The recording of a whole cloud holds what the explanation needs, and every parser takes what came."""
    directory = tmp_path / "there"
    assert mitate("record", "--lab", "-o", str(directory)).returncode == 0
    answers = json.loads((directory / "answers/api.json").read_text())
    answered = {answer["question"]: answer for answer in answers["answers"]}
    needed = {
        *("aggregates", "compute_version", "failed_servers", "images", "provider_details"),
        *("resource_providers", "server_groups", "vcpu_capacity", "memory_capacity", "disk_capacity"),
    }
    assert needed <= set(answered), answers["unseen"]
    assert not [answer["question"] for answer in answers["answers"] if answer.get("partial")]
    failed = json.loads(answered["failed_servers"]["text"])
    assert any("No valid host" in json.dumps(server.get("newest", {})) for server in failed)
    scheduler = json.loads((directory / "answers/controller.json").read_text())
    lines = {answer["question"]: answer["text"] for answer in scheduler["answers"]}["scheduling_failures"]
    assert "Got no allocation candidates" in lines
