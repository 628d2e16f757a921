"""Lines that name what is followed, out of every log of a host: a directory here; the script is real."""

from __future__ import annotations

import gzip
import os
from typing import Any

import pytest

from mitate.collect.question import ApiQuestion, all_sources
from mitate.collect.slots import fits
from mitate.collect.transport.script import Frames, script_for, short_name
from mitate.model.logs import Event
from mitate.model.timeline import LogSearched, Mention, OwnAddress

SERVER = "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe"
REQUEST = "req-616a4d66-192a-42d7-9168-58ce31112603"
OTHER = "req-11111111-2222-4333-8444-555555555555"
WHO = "9f6234a2f7af4f44878372f44c6590be 141947b2173247cb957f7986ffc718b4 - - default default"
NOVA = f"""\
2026-11-22 22:25:56.101 81 INFO nova.compute.claims [None {REQUEST} {WHO}] [instance: {SERVER}] Claim
2026-11-22 22:25:56.203 81 ERROR nova.compute.manager [None {REQUEST} {WHO}] [instance: {SERVER}] Instance \
failed to spawn: nova.exception.ImageNotFound: with password=hunter2secret
2026-11-22 22:25:56.203 81 ERROR nova.compute.manager [instance: {SERVER}] Traceback (most recent call last):
2026-11-22 22:25:56.203 81 ERROR nova.compute.manager [instance: {SERVER}]   File \
"/usr/lib/python3/dist-packages/nova/virt/libvirt/driver.py", line 4711, in spawn
2026-11-22 22:25:56.203 81 ERROR nova.compute.manager [instance: {SERVER}]     secret_code(hunter3)
2026-11-22 22:25:56.203 81 ERROR nova.compute.manager [instance: {SERVER}] nova.exception.ImageNotFound: gone
2026-11-22 22:25:57.000 81 INFO nova.compute.manager [None {OTHER} {WHO}] nothing of it
2026-11-22 22:25:58.000 81 ERROR nova.compute.manager [None {OTHER} {WHO}] another error
"""
AGENT = f"""\
2026-11-22 22:25:57.301 60 ERROR neutron.agent [None {REQUEST} {WHO}] Error in agent loop
2026-11-22 22:25:57.301 60 ERROR neutron.agent Traceback (most recent call last):
2026-11-22 22:25:57.301 60 ERROR neutron.agent   File "/opt/site-packages/neutron/a.py", line 9, in f
2026-11-22 22:25:57.301 60 ERROR neutron.agent oslo_messaging.exceptions.MessagingTimeout: Timed out
2026-11-22 22:25:59.000 60 ERROR neutron.agent without context, of another time
"""
SLOTS = {
    "ids": f"{SERVER},{REQUEST},25052e81-81,instance-00000007",
    "since": "1795000000",
    "until": "1796000000",
}


def events(facts: list[Any]) -> list[Event]:
    return [fact.event for fact in facts if isinstance(fact, Mention)]


@pytest.fixture
def host(fake_host: Any) -> Any:
    fake_host.file("/var/log/nova/nova-compute.log", NOVA)
    fake_host.file("/var/log/neutron/neutron-linuxbridge-agent.log", AGENT)
    for log in (fake_host.root / "var/log").glob("*/*.log"):
        os.utime(log, (1795999999, 1795999999))
    return fake_host


def test_lines_with_their_tracebacks_and_nothing_else(host: Any, each_shell: str, each_awk: str) -> None:
    told = events(host.ask("mentions", shell=each_shell, awk=each_awk, **SLOTS))
    assert {event.request for event in told} == {REQUEST}
    nova = [event for event in told if event.service == "nova-compute"]
    assert [(event.level, event.resource) for event in nova] == [("INFO", SERVER), ("ERROR", SERVER)]
    spawn = nova[1]
    assert [(frame.file, frame.line, frame.function) for frame in spawn.frames] == [
        ("nova/virt/libvirt/driver.py", 4711, "spawn")
    ]
    assert spawn.exception == "nova.exception.ImageNotFound: gone"
    (agent,) = [event for event in told if event.service == "neutron-linuxbridge-agent"]
    assert agent.frames[0].file == "neutron/a.py", "a traceback of lines that name nothing is joined, too"
    assert agent.exception.endswith("MessagingTimeout: Timed out")
    assert "hunter" not in repr(told)


def test_what_is_known_of_a_log(host: Any) -> None:
    searched = [fact for fact in host.ask("mentions", **SLOTS) if isinstance(fact, LogSearched)]
    assert {(log.service, log.debug) for log in searched} == {
        ("nova-compute", False),
        ("neutron-linuxbridge-agent", False),
    }
    assert all(log.begins_at is not None for log in searched)
    debug = NOVA + f"2026-11-22 22:26:00.0 81 DEBUG nova.x [None {OTHER} {WHO}] x\n"
    host.file("/var/log/nova/nova-compute.log", debug)
    assert {
        log.debug for log in host.ask("mentions", **SLOTS) if getattr(log, "service", "")[:4] == "nova"
    } == {True}


def test_only_the_time_asked_for(host: Any) -> None:
    late = {**SLOTS, "since": "1795386356", "until": "1795386357"}  # 22:25:56 to :57
    told = events(host.ask("mentions", **late))
    assert {event.service for event in told} == {"nova-compute", "neutron-linuxbridge-agent"}
    assert events(host.ask("mentions", **{**SLOTS, "since": "1795386400"})) == []


def test_packed_logs_are_read(host: Any) -> None:
    rotated = host.root / "var/log/nova/nova-api.log.2.gz"
    rotated.write_bytes(gzip.compress(NOVA.encode()))
    assert {event.service for event in events(host.ask("mentions", **SLOTS))} >= {"nova-api", "nova-compute"}


@pytest.mark.parametrize(
    ("line", "at", "message"),
    [
        (
            f"[pid: 380|app: 0|req: 73/142] 10.0.0.5 () {{32 vars in 678 bytes}} [Sun Nov 22 22:25:56 2026] "
            f"GET /v2.1/servers/{SERVER}?token=s3cr3t => generated 1720 bytes in 538 msecs (HTTP/1.1 200) 7 "
            "headers in 317 bytes (1 switches on core 0)",
            1795386356.0,
            f'10.0.0.5 "GET /v2.1/servers/{SERVER} ? " status: 200 time: 0.538',
        ),
        (
            f'10.0.0.5 - - [22/Nov/2026:22:25:56 +0000] "DELETE /v2.1/servers/{SERVER} HTTP/1.1" 204 0 "-" x',
            1795386356.0,
            f'10.0.0.5 "DELETE /v2.1/servers/{SERVER}" status: 204',
        ),
        (
            "2026-11-22T22:25:56.5Z|00012|bridge|WARN|bridge br-int: no port tap25052e81-81",
            1795386356.5,
            "bridge br-int: no port tap25052e81-81",
        ),
    ],
)
def test_lines_of_web_servers_and_switches(
    fake_host: Any, each_awk: str, line: str, at: float, message: str
) -> None:
    fake_host.file("/var/log/nova/nova-api.log", line + "\n")
    (event,) = events(fake_host.ask("mentions", awk=each_awk, **{**SLOTS, "until": "1999999999"}))
    assert (event.at, event.message) == (at, message)
    assert "s3cr3t" not in repr(event)


def test_the_guest_s_own_log_is_read_whole(host: Any) -> None:
    host.file(
        "/var/log/libvirt/qemu/instance-00000007.log",
        "2026-11-22 22:25:58.232+0000: starting up libvirt version: 9.0.0\n"
        "-object secret,data=hunter4 \\\n2026-11-22 22:26:58.933+0000: shutting down, reason=destroyed\n",
    )
    host.file("/var/log/libvirt/qemu/instance-00000008.log", "2026-11-22 22:25:58.232+0000: starting up\n")
    told = [event for event in events(host.ask("mentions", **SLOTS)) if "libvirt" in event.file]
    assert [event.message.split(" ")[0] for event in told] == ["starting", "shutting"]
    assert "hunter4" not in repr(told)


def test_a_flood_is_bounded_and_it_is_said(fake_host: Any) -> None:
    row = f"2026-11-22 22:25:56.101 81 INFO nova.compute [None {REQUEST} {WHO}] [instance: {SERVER}] again\n"
    fake_host.file("/var/log/nova/nova-compute.log", row * 5000)
    facts = fake_host.ask("mentions", **{**SLOTS, "until": "1999999999"})
    assert len(events(facts)) == 1500
    assert [fact.cut for fact in facts if isinstance(fact, LogSearched)] == [True]


def test_hostile_lines(fake_host: Any, each_awk: str) -> None:
    evil = (
        f"2026-11-22 22:25:56.101 81 INFO nova.compute [None {REQUEST} {WHO}] \x1b[31m\x01/etc/shadow\x02 "
        f"{'A' * 100_000} {SERVER}\n\x01/etc/passwd\nfile\t/etc/passwd\n+\t{SERVER}\n"
    )
    fake_host.file("/var/log/nova/nova-compute.log", evil)
    facts = fake_host.ask("mentions", awk=each_awk, **{**SLOTS, "until": "1999999999"})
    assert all(len(repr(fact)) < 10_000 for fact in facts)
    assert not [fact for fact in facts if "\x1b" in repr(fact).encode().decode("unicode_escape")]


def test_the_journal_where_there_are_no_files(fake_host: Any, each_awk: str) -> None:
    lines = "".join(
        f"1795386356.4 compute1 nova-compute[81]: {row.partition(' 81 ')[2]}\n" for row in NOVA.splitlines()
    )
    (fake_host.root / "journal").write_text(lines)
    fake_host.tool("journalctl", f"cat '{fake_host.root}/journal'")
    told = events(fake_host.ask("mentions", awk=each_awk, **SLOTS))
    assert [(event.service, event.level) for event in told] == [
        ("nova-compute", "INFO"),
        ("nova-compute", "ERROR"),
    ]
    assert told[1].frames


def test_the_host_s_own_addresses(host: Any) -> None:
    host.tool("ip", "echo '2: eth0    inet 10.0.0.21/24 brd 10.0.0.255 scope global eth0'")
    assert [f.address for f in host.ask("mentions", **SLOTS) if isinstance(f, OwnAddress)] == ["10.0.0.21"]


@pytest.mark.parametrize("bad", ["", "; rm -rf /", SERVER + "$(id)", "a" * 36, f"{SERVER},,", "instance-1"])
def test_only_ids_fit(bad: str) -> None:
    assert not fits("ids", bad)


def test_many_ids_fit_into_the_frames_of_a_script() -> None:
    """A frame's line has an end: a question that is called by sixty ids goes by a short name there."""
    question = all_sources()["mentions"].question
    assert not isinstance(question, ApiQuestion)
    filled = question.filled(ids=",".join([SERVER] * 60), since="1", until="2")
    assert len(filled.called) > 2000
    assert len(short_name(filled)) < 100
    script = script_for([filled], nonce="n")
    frames = Frames(script)
    name = short_name(filled)
    (frame,) = frames.feed(f"\nn host h 1.0\n\nn ask {name}\nhello\nn end {name} 0\n".encode(), 1.0)
    assert (frame.name, frame.text, frame.status) == (filled.called, b"hello", 0)
