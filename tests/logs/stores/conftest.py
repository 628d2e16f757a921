"""The cloud of ``cloud.py`` whose logs were gathered, in the forms that collectors give them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mitate import reading
from mitate.collect.logs.stores.access import Access
from mitate.collect.logs.stores.client import Bounds
from mitate.collect.logs.stores.fields import fields_of
from mitate.collect.logs.stores.place import place_of
from mitate.model.log_answer import Answer
from mitate.reading import Window, errors_in
from mitate.reading_stores import errors_in_store
from tests.logs.cloud import PLACES, T0, Logs, healthy, request, server
from tests.logs.stores.imitation import Answer as Answers
from tests.logs.stores.imitation import Server

Serve = Callable[[Any], Server]
Asks = Callable[..., Answer]
InFiles = Callable[[Logs], Answer]

NOW = T0 + 3600
LINE = re.compile(
    r"(\S+ \S+) (\d+) (\S+) (\S+) (?:\[(?:None|req-)(\S+)? (?:None|req-)(\S+) (\S+) (\S+)[^\]]*\])?(.*)", re.S
)
FIRST = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.\d{3} \d+ \S+ \S+ \[.*\]")
"""Kolla's own way to take a line apart, and to know that it begins something."""


def failing(times: int = 40) -> Logs:
    """A build that fails in the driver, and what the API and the scheduler saw of it."""
    logs = healthy()
    for number in range(times):
        at, id_, asked = 200 + number * 2.0, server(number), request(number)
        words = "Instance failed to spawn: KeyError: 'x'"
        logs.line("nova-compute", at, "ERROR", "nova.compute.manager", words, asked, id_)
        frames = (("nova/compute/manager.py", "_build"), ("nova/virt/driver.py", "spawn"))
        logs.trace("nova-compute", at, "nova.compute.manager", *frames, error="KeyError: 'x'")
        logs.asked("nova-api", at + 1, "POST /v2.1/servers", 500, 0.5, asked)
    return logs


def when(line: str) -> float:
    return datetime.fromisoformat(line[:23]).replace(tzinfo=UTC).timestamp()


def by_line(logs: Logs) -> Iterator[tuple[float, str, str, str, int]]:
    """(seconds, host, path, line, offset) of all hosts, in the order of time."""
    every = []
    for service, place in PLACES.items():
        offset = 0
        for line in logs.lines(service):
            host, _, path = place.partition("/")
            every.append((when(line), host, f"/{path}", line, offset))
            offset += len(line) + 1
    return iter(sorted(every, key=lambda each: each[0]))


def as_kolla(logs: Logs) -> list[tuple[int, dict[str, Any]]]:
    """As Kolla's Fluentd sends them: what belongs to an event in one record, the prefix taken apart."""
    found: list[tuple[int, dict[str, Any]]] = []
    open_: dict[str, list[str]] = {}

    def end(path: str) -> None:
        text = "\n".join(open_.pop(path, []))
        if text:
            found.append(kolla(text, path))

    for _, host, path, line, _ in by_line(logs):
        where = f"{host}{path}"
        if FIRST.match(line):
            end(where)
        open_.setdefault(where, []).append(line)
    for where in list(open_):
        end(where)
    return found


def kolla(text: str, where: str) -> tuple[int, dict[str, Any]]:
    host, _, path = where.partition("/")
    told = LINE.fullmatch(text)
    assert told
    at, pid, level, module, global_request, asked, user, tenant, payload = told.groups()
    ids = {
        "global_request_id": global_request,
        "request_id": asked,
        "user_id": user,
        "tenant_id": tenant,
    }
    return int(when(at) * 1000), {
        "Timestamp": at,
        "Pid": pid,
        "log_level": level,
        "python_module": module,
        **{name: value for name, value in ids.items() if value},
        "Payload": payload,
        "Hostname": host,
        "Logger": "openstack.nova",
        "programname": Path(path).stem,
        "@timestamp": at.replace(" ", "T") + "000000+00:00",
    }


def as_fluentd(logs: Logs) -> list[tuple[int, dict[str, Any]]]:
    """As oslo.log's ``FluentFormatter`` sends them; it has no number of the process."""
    found = []
    for at, record in as_kolla(logs):
        message, *more = record["Payload"].removeprefix(" ").split("\n")
        asked = record.get("request_id")
        resource = re.match(r"\[instance: (.*?)\] ", message)
        told = {
            "message": message.removeprefix("[-] ").removeprefix(resource[0] if resource else ""),
            "time": record["Timestamp"],
            "name": record["python_module"],
            "level": record["log_level"],
            "hostname": record["Hostname"],
            "cmdline": f"/usr/bin/{record['programname']} --config-file /etc/nova/nova.conf",
            "traceback": "\n".join(line.split(" ", 5)[5] for line in more) or None,
            "context": {"request_id": f"req-{asked}", "user_id": record["user_id"]} if asked else {},
            "extra": {"instance_uuid": resource[1]} if resource else {},
        }
        found.append((at, told))
    return found


def as_vector(logs: Logs) -> list[tuple[int, dict[str, Any]]]:
    """As Vector's source ``file`` sends them: each line by itself, and where it stood."""
    return [
        (
            int(at * 1000),
            {"message": line, "host": host, "file": path, "offset": offset, "source_type": "file"},
        )
        for at, host, path, line, offset in by_line(logs)
    ]


def as_loki(logs: Logs) -> list[tuple[int, dict[str, str], str]]:
    """As Promtail sends them: a nanosecond is added where a line has the time of the one before."""
    return [
        (int(at * 1000) * 1_000_000 + number, {"job": "openstack", "host": host, "filename": path}, line)
        for number, (at, host, path, line, _) in enumerate(by_line(logs))
    ]


def as_loki_json(logs: Logs) -> list[tuple[int, dict[str, str], str]]:
    return [(at * 1_000_000, {"job": "openstack"}, json.dumps(record)) for at, record in as_kolla(logs)]


def as_splunk(logs: Logs) -> list[tuple[float, dict[str, str]]]:
    return [
        (at, {"_raw": line, "host": host, "source": path, "sourcetype": "openstack"})
        for at, host, path, line, _ in by_line(logs)
    ]


# -- asking -------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[Server] = []

    def start(answers: Answers) -> Server:
        made.append(Server(answers))
        return made[-1]

    yield start
    for server_ in made:
        server_.close()


@pytest.fixture
def ask() -> Asks:
    """The answer out of a store. Times are counted from the beginning of the logs."""

    def asked(
        kind: str,
        server_: Server,
        what: str = "",
        fields: str = "kolla",
        since: float | None = None,
        until: float | None = None,
        access: Access | None = None,
        bounds: Bounds | None = None,
        **more: Any,
    ) -> Answer:
        known = fields_of(fields)
        return errors_in_store(
            place_of(f"{kind}={server_.url}{f'?{what}' if what else ''}", known.index),
            access or Access(),
            known,
            NOW,
            Window(None if since is None else T0 + since, None if until is None else T0 + until),
            bounds=bounds or Bounds(request_s=5),
            **more,
        )

    return asked


@pytest.fixture
def in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InFiles:
    """The answer out of files with the same lines, searched as large ones are."""
    monkeypatch.setattr(reading, "WHOLE", 0)

    def answer(logs: Logs) -> Answer:
        return errors_in([logs.write(tmp_path / "logs")])

    return answer


def told(answer: Answer) -> list[tuple[Any, ...]]:
    """What an answer says, without where it was read."""
    return [
        (
            *(each.rank, each.kind, each.outcome, each.level, each.template, each.service, each.project),
            *(each.hosts, each.count, each.first, each.last, each.origin, each.request_ids),
            *(each.resources, each.echo_of, each.example),
        )
        for each in answer.groups
    ]
