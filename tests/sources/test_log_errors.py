"""Trouble out of the logs of a host: a directory here; the script and the tools are real."""

from __future__ import annotations

import os
from typing import Any

import pytest

from mitate.model.log_answer import LogLooked, LogTrouble
from mitate.model.logs import Event

SERVER = "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe"
REQUEST = "req-616a4d66-192a-42d7-9168-58ce31112603"
WHO = "9f6234a2f7af4f44878372f44c6590be 141947b2173247cb957f7986ffc718b4 - - default default"
HEAD = "2026-11-22 22:25:56.203 81 ERROR nova.compute.manager"
NOVA = f"""\
2026-11-22 22:25:56.101 81 INFO nova.compute.claims [None {REQUEST} {WHO}] [instance: {SERVER}] Claim
{HEAD} [None {REQUEST} {WHO}] [instance: {SERVER}] No spawn: password=hunter2secret
{HEAD} [instance: {SERVER}] Traceback (most recent call last):
{HEAD} [instance: {SERVER}]   File "/opt/site-packages/nova/virt/libvirt/driver.py", line 4711, in spawn
{HEAD} [instance: {SERVER}]     secret_code(hunter3)
{HEAD} [instance: {SERVER}] KeyError: 0
2026-11-22 22:25:57.000 81 INFO nova.api.openstack.requestlog [None {REQUEST} {WHO}] 10.0.0.5 \
"GET /v2.1/servers?token=hunter4" status: 503 len: 10 microversion: 2.1 time: 0.5
2026-11-22 22:25:58.000 81 INFO nova.compute.manager [None {REQUEST} {WHO}] all is well
"""
SLOTS = {"since": "1795000000", "until": "1796000000"}


def events(facts: list[Any]) -> list[Event]:
    return [fact.event for fact in facts if isinstance(fact, LogTrouble)]


@pytest.fixture
def host(fake_host: Any) -> Any:
    fake_host.file("/var/log/nova/nova-compute.log", NOVA)
    log = fake_host.root / "var/log/nova/nova-compute.log"
    os.utime(log, (1795999999, 1795999999))
    return fake_host


def test_errors_with_their_tracebacks_and_nothing_else(host: Any, each_shell: str, each_awk: str) -> None:
    facts = host.ask("log_errors", shell=each_shell, awk=each_awk, **SLOTS)
    error, answer = events(facts)
    assert (error.service, error.level, error.request) == ("nova-compute", "ERROR", REQUEST)
    assert (error.resource, error.exception) == (SERVER, "KeyError: 0")
    assert [(frame.file, frame.line, frame.function) for frame in error.frames] == [
        ("nova/virt/libvirt/driver.py", 4711, "spawn")
    ]
    assert '"GET /v2.1/servers" status: 503' in answer.message
    assert "hunter" not in repr(facts)
    (looked,) = [fact for fact in facts if isinstance(fact, LogLooked)]
    assert looked.bytes == len(NOVA)


def test_only_of_the_time_asked_for(host: Any) -> None:
    assert events(host.ask("log_errors", since="1795000000", until="1795100000")) == []
    assert host.ask("log_errors", since="1796000000", until="1797000000") == []


def test_a_flood_is_bounded(host: Any) -> None:
    """Of a hundred thousand errors only the last ones travel."""
    line = f"{HEAD} [None {REQUEST} {WHO}] flood\n"
    host.file("/var/log/nova/nova-compute.log", line * 100_000)
    facts = host.ask("log_errors", **SLOTS, **{})
    assert 0 < len(events(facts)) <= 600


def test_from_when_on_a_log_was_seen(host: Any, each_shell: str, each_awk: str) -> None:
    """Its first line; where there are more hits than travel, the first of those."""
    how = {"shell": each_shell, "awk": each_awk, **SLOTS}
    (looked,) = [fact for fact in host.ask("log_errors", **how) if isinstance(fact, LogLooked)]
    assert (looked.file, looked.service) == ("/var/log/nova/nova-compute.log", "nova-compute")
    assert (looked.begins, looked.cut) == (1795386356.101, False)
    lines = [
        f"2026-11-22 22:{number // 60:02}:{number % 60:02}.000 81 ERROR nova.virt [None {REQUEST} {WHO}] no\n"
        for number in range(1000)
    ]
    log = host.file("/var/log/nova/nova-compute.log", "".join(lines))
    os.utime(log, (1795999999, 1795999999))
    (looked,) = [fact for fact in host.ask("log_errors", **how) if isinstance(fact, LogLooked)]
    assert (looked.begins, looked.cut) == (1795384800 + 400, True)
