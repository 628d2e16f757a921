"""``mitate logs server`` and ``request``: statuses, formats, and what is said when they cannot."""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mitate.cli.main import main

RECORDINGS = Path(__file__).parents[1] / "recordings" / "timeline"
LOGS = RECORDINGS / "image-lost-logs.tar.gz"
LOST = "f26ea579-8770-4683-872c-8cd232b48983"
CREATE = "req-17a68620-659a-4618-a724-82874c8497dc"
Run = Callable[..., subprocess.CompletedProcess[str]]
Capture = pytest.CaptureFixture[str]


def told(*words: str | Path, capsys: Capture) -> tuple[int, str, str]:
    status = main([*map(str, words)])
    seen = capsys.readouterr()
    return status, seen.out, seen.err


@pytest.mark.usefixtures("here")
def test_a_failed_build_out_of_logs_alone(capsys: Capture) -> None:
    """Fourteen logs of four hosts, as they were written; no API, no host."""
    status, out, _ = told("logs", "server", LOST, "--logs", LOGS, "--format", "json", capsys=capsys)
    read = json.loads(out)
    assert status == 1
    first = read["entries"][read["first_error"]]
    assert (first["service"], first["host"]) == ("glance-api", "controller")
    assert CREATE in {each["id"] for each in read["requests"]}
    hosts = {entry["host"] for entry in read["entries"]}
    assert {"controller", "compute1", "network"} <= hosts
    assert any("only these logs were read" in each for each in read["unseen"])
    assert read["bytes_read"] > 0


@pytest.mark.usefixtures("here")
def test_a_request_out_of_unpacked_logs(tmp_path: Path, capsys: Capture) -> None:
    with tarfile.open(LOGS) as tar:
        tar.extractall(tmp_path / "logs", filter="data")
    status, out, _ = told("logs", "request", CREATE, "--logs", tmp_path / "logs", capsys=capsys)
    assert status == 1
    assert "the first error is of glance-api on controller" in " ".join(out.split())


@pytest.mark.usefixtures("here")
def test_the_hosts_can_be_chosen(capsys: Capture) -> None:
    command = ("logs", "server", LOST, "--logs", LOGS, "--host", "compute*", "--format", "json")
    _, out, _ = told(*command, capsys=capsys)
    assert {entry["host"] for entry in json.loads(out)["entries"]} == {"compute1"}


@pytest.mark.usefixtures("here")
def test_nothing_found_is_unknown(capsys: Capture) -> None:
    nobody = "req-00000000-0000-4000-8000-000000000000"
    status, out, _ = told("logs", "request", nobody, "--logs", LOGS, capsys=capsys)
    assert status == 3
    assert "nothing tells anything of request" in out


def test_a_page_is_written(mitate: Run, tmp_path: Path) -> None:
    bundle = RECORDINGS / "build-and-migrate.tar.gz"
    done = mitate("logs", "server", "tl-build", "--bundle", bundle, "-o", tmp_path / "life.html")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert 'class="lanes"' in (tmp_path / "life.html").read_text()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("logs", "the following arguments are required: VERB"),
        ("logs server", "the following arguments are required: SERVER"),
        ("logs request 17a68620 --logs .", "is no id of a request"),
        ("logs server web1 --logs .", "logs call a server by its id"),
        (f"logs server {LOST} --logs nowhere", "there is no nowhere"),
        (f"logs server {LOST} --logs . --bundle x", "not allowed with argument"),
        (f"logs server {LOST} --logs . --since yesterday", "give a time like 2026-11-22T13:28"),
        (f"logs server {LOST} --logs . --since 1h --until 2h", "no time lies between them"),
        (f"logs server {LOST} --logs . -o /nowhere/x.html", "there is no directory /nowhere"),
    ],
)
@pytest.mark.usefixtures("here")
def test_bad_usage_is_one_sentence(line: str, says: str, capsys: Capture) -> None:
    status, out, error = told(*line.split(), capsys=capsys)
    assert (status, out) == (2, "")
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("id_", ["tl-nobody", "00000000-0000-4000-8000-000000000000"])
@pytest.mark.usefixtures("here")
def test_a_server_that_is_not_in_a_recording(id_: str, capsys: Capture) -> None:
    status, out, error = told("logs", "server", id_, "--bundle", RECORDINGS / "no-host.tar.gz", capsys=capsys)
    assert (status, out) == (2, "")
    assert "there is no server" in error
