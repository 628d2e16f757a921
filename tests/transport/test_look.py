"""One look at a cloud. The places are made up; what they stand for is tested beside this."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mitate.collect.look import NOT_ASKED, STRANGE, look
from mitate.collect.names import Names, wanted
from mitate.collect.question import Answer, Question
from mitate.collect.transport.bundle import open_bundle
from mitate.collect.transport.recording import Recording
from mitate.model.cloud import ComputeService, Network
from mitate.model.errors import CannotSee
from mitate.model.host import Filesystem, HostContact, HostIdentity, Process, Queue, Unit
from mitate.model.placement import PlacementAudit
from mitate.model.snapshot import Snapshot
from mitate.model.source import API, Fact, Gap, Source

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Made:
    """A made-up place: ``says`` by question, after ``wait_s``."""

    def __init__(
        self, name: str, says: Mapping[str, str | CannotSee], hostname: str = "", wait_s: float = 0
    ) -> None:
        self.name = name
        self.hostname = ""
        self.contact: HostContact | None = None
        self._becomes = hostname
        self._says = says
        self._wait_s = wait_s
        self.asked = 0

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        self.asked += 1
        await asyncio.sleep(self._wait_s)
        if self.name != API:
            self.hostname = self._becomes
            reached = any(isinstance(text, str) for text in self._says.values())
            self.contact = HostContact(source=Source(self.name, "ssh", AT), host=self.name, reached=reached)
        told: dict[str, Answer | CannotSee] = {}
        for question in questions:
            text = self._says.get(question.name, CannotSee("nobody there", "absent"))
            told[question.name] = (
                text
                if isinstance(text, CannotSee)
                else Answer(question.name, self.name, "x", AT, text, cut="CUT" in text)
            )
        return told


@pytest.fixture(autouse=True)
def sources(registry: Any) -> None:
    """services and nets of the API; name, disks and queues of hosts."""

    def services(answer: Answer) -> Iterable[Fact]:
        for host in answer.text.split():
            yield ComputeService(
                source=answer.source,
                id=host,
                binary="nova-compute",
                host=host,
                zone="z",
                enabled=True,
                up=True,
            )

    def nets(answer: Answer) -> Iterable[Fact]:
        for name in answer.text.split():
            yield Network(
                source=answer.source,
                id=name,
                name=name,
                project_id="",
                status="",
                admin_up=True,
                external=False,
            )

    def identity(answer: Answer) -> Iterable[Fact]:
        if answer.text == "junk":
            raise ValueError("not a name: junk")
        if answer.text == "bug":
            raise KeyError("bug")
        yield HostIdentity(source=answer.source, hostname=answer.text, kernel="k", os="debian 12")

    def queues(answer: Answer) -> Iterable[Fact]:
        for name in answer.text.split():
            yield Queue(source=answer.source, vhost="/", name=name, consumers=0, messages=0)

    registry.api("services", "compute", "/s", "s", ComputeService, parse=services)
    registry.api("nets", "network", "/n", "n", Network, parse=nets)
    registry.host("identity", "name", HostIdentity, parse=identity)
    registry.host("disks", "df", Filesystem)
    registry.host("queues", "q", Queue, parse=queues)


def see(api: Made | None, *hosts: Made, more: Any = None, only: Sequence[str] = ()) -> Snapshot:
    return asyncio.run(look("test", api, hosts, more, AT, None, only))


def host(name: str, hostname: str = "", wait_s: float = 0) -> Made:
    return Made(name, {"identity": hostname or name, "disks": "", "queues": ""}, hostname or name, wait_s)


def api(*hosts: str, wait_s: float = 0) -> Made:
    return Made(API, {"services": " ".join(hosts), "nets": "net1"}, wait_s=wait_s)


def places(snapshot: Snapshot) -> list[str]:
    return [identity.source.host for identity in snapshot.all(HostIdentity)]


def test_all_places_become_one_snapshot() -> None:
    seen = see(api("compute1"), host("compute1"), host("backup"))
    assert [service.host for service in seen.all(ComputeService)] == ["compute1"]
    assert places(seen) == ["backup", "compute1"]
    assert [contact.host for contact in seen.all(HostContact)] == ["backup", "compute1"]
    assert seen.gaps == ()
    assert seen.blind(Queue) == []
    assert ("Filesystem", "backup") in seen.looked  # nothing was there, and somebody looked


def test_hosts_that_only_the_api_names_are_asked_too() -> None:
    named: list[str] = []

    def more(names: Sequence[str]) -> list[Made]:
        named.extend(names)
        return [host(name) for name in names]

    seen = see(api("compute1", "compute2", "compute1"), host("COMPUTE1"), more=more)
    assert named == ["compute2"]
    assert places(seen) == ["compute1", "compute2"]


def test_hosts_that_only_the_api_names_are_gaps_when_they_are_not_to_be_asked() -> None:
    seen = see(api("compute1", "compute2"), host("compute1"))
    kinds = ("Filesystem", "HostIdentity", "Queue")
    assert seen.gaps == (Gap("compute2", "everything", NOT_ASKED, kinds),)


@pytest.mark.parametrize(
    ("unit", "gaps"),
    [("nova-compute.service", []), ("cloudy-compute.service", [("compute1", "deployment", STRANGE)])],
)
def test_a_deployment_that_is_not_known_is_unknown(registry: Any, unit: str, gaps: list[Any]) -> None:
    def units(answer: Answer) -> Iterable[Fact]:
        yield Unit(source=answer.source, name=answer.text, load="loaded", active="active", sub="running")

    registry.host("processes", "ps", Process)
    registry.host("units", "systemctl", Unit, parse=units)

    def shows(name: str) -> Made:
        says = {"identity": name, "disks": "", "queues": "", "processes": "", "units": unit}
        return Made(name, says, name)

    seen = see(api("compute1"), shows("compute1"), shows("backup"))
    assert [(gap.where, gap.what, gap.why) for gap in seen.gaps] == gaps
    assert bool(seen.blind(Process)) == bool(gaps)


def test_the_apis_name_wins() -> None:
    seen = see(
        api("compute1.example.org", "network"),
        host("10.0.0.21", "compute1"),
        host("Network"),
        host("backup", "bk"),
    )
    assert places(seen) == ["backup", "compute1.example.org", "network"]
    contacts = {contact.host: contact.source.host for contact in seen.all(HostContact)}
    assert all(name == told_by for name, told_by in contacts.items())


def test_a_host_under_two_names_counts_once() -> None:
    seen = see(api("compute1"), host("10.0.0.21", "compute1"), host("compute1"))
    assert places(seen) == ["compute1"]


@pytest.mark.parametrize(
    ("known", "own", "name"),
    [
        (["a.x", "a.y"], ("a", ""), "a"),  # which of the two nobody can tell
        (["a.x", "a.y"], ("a", "a.y"), "a.y"),
        (["a"], ("a.example.org", ""), "a"),
        (["10.0.0.1"], ("10.0.0.2", ""), "10.0.0.2"),  # addresses have no short names
        (["A"], ("a", ""), "A"),
        ([], ("a", "b"), "a"),
        (["a", "a.x"], ("h", "a.x"), "a.x"),
    ],
)
def test_names(known: list[str], own: tuple[str, ...], name: str) -> None:
    assert Names(known).of(*own) == name


def test_only_some_hosts() -> None:
    first, second = host("compute1"), host("network")
    seen = see(
        api("compute1", "compute2", "network"), first, second, more=lambda n: map(host, n), only=["comp*"]
    )
    assert (first.asked, second.asked) == (1, 0)
    assert places(seen) == ["compute1", "compute2"]
    assert seen.gaps == ()  # what was not meant to be seen is no gap
    assert wanted("compute1.example.org", ["compute1"])


def test_what_costs_a_host_seconds_is_asked_by_a_thorough_look_only(registry: Any) -> None:
    registry.host("audit", "nova-manage", PlacementAudit, costly=True)
    asked = Made("a", {"identity": "a", "disks": "", "queues": "", "audit": ""}, "a")
    usual = see(api("a"), asked)
    thorough = asyncio.run(look("test", api("a"), [asked], None, AT, None, (), thorough=True))
    assert ("PlacementAudit", "a") not in usual.looked
    assert ("PlacementAudit", "a") in thorough.looked
    assert not usual.gaps and not thorough.gaps


def test_what_cannot_be_understood_is_a_gap_and_no_crash() -> None:
    for text, why in (("junk", "not a name: junk"), ("bug", "KeyError")):
        seen = see(None, Made("a", {"identity": text, "disks": "", "queues": "q1"}))
        assert seen.gaps == (
            Gap("a", "identity", f"the answer was not understood: {why}", ("HostIdentity",)),
        )
        assert [queue.name for queue in seen.all(Queue)] == ["q1"]
        assert ("HostIdentity", "a") not in seen.looked


def test_a_cut_answer_is_used_and_said() -> None:
    seen = see(None, Made("a", {"identity": "a", "disks": "", "queues": "q1 q2 CUT"}))
    assert len(seen.all(Queue)) == 3
    assert seen.gaps == (
        Gap("a", "queues", "the answer was cut at 4000000 bytes: only its beginning was read", ("Queue",)),
    )


def test_a_host_that_is_down_is_a_contact_and_one_gap_for_each_answer_or_one_for_all() -> None:
    seen = see(None, Made("a", {}), Made("b", {"identity": "b"}))
    assert [(contact.host, contact.reached) for contact in seen.all(HostContact)] == [
        ("a", False),
        ("b", True),
    ]
    assert {gap.where for gap in seen.gaps} == {"a", "b"}
    assert all(gap.why == "nobody there" for gap in seen.gaps)
    assert [gap.where for gap in seen.blind(Queue)] == ["a", "b"]


def test_many_answers_missing_for_one_reason_are_one_gap(registry: Any) -> None:
    for i in range(4):
        registry.host(f"more{i}", "x", Queue)
    down = see(None, Made("a", {}))
    assert [(gap.what, gap.kinds) for gap in down.gaps] == [
        ("everything", ("Filesystem", "HostIdentity", "Queue"))
    ]
    half = see(None, Made("a", {"identity": "a"}))
    assert [(gap.what, gap.kinds) for gap in half.gaps] == [("everything else", ("Filesystem", "Queue"))]


def test_without_an_api_nobody_was_asked_of_the_cloud() -> None:
    seen = see(None, host("a"))
    assert [gap.why for gap in seen.blind(Network)] == ["nobody was asked"]


def test_progress_tells_who_is_awaited() -> None:
    told: list[str] = []

    class Telling:
        def asked(self, place: str) -> None:
            told.append(f"? {place}")

        def answered(self, place: str, seen: bool) -> None:
            told.append(f"{'!' if seen else '-'} {place}")

    asyncio.run(
        look("test", api("a", wait_s=0.01), [host("a"), Made("b", {}, wait_s=0.05)], None, AT, Telling())
    )
    assert told[:3] == ["? api", "? a", "? b"]
    assert sorted(told[3:]) == ["! a", "! api", "- b"]


def test_everyone_is_asked_at_once() -> None:
    began = time.monotonic()
    see(api("x", wait_s=0.3), *(host(f"h{i}", wait_s=0.3) for i in range(50)))
    assert time.monotonic() - began < 0.9


def interrupted(task_s: float, api_: Made, *hosts: Made) -> Snapshot:
    async def main() -> Snapshot:
        looking = asyncio.create_task(look("test", api_, hosts, None, AT))
        await asyncio.sleep(task_s)
        looking.cancel()
        return await looking

    return asyncio.run(main())


def test_interrupted_what_was_seen_is_kept() -> None:
    seen = interrupted(0.15, api("fast", "slow"), host("fast"), host("slow", wait_s=30))
    assert places(seen) == ["fast"]
    assert [network.name for network in seen.all(Network)] == ["net1"]
    assert {gap.where for gap in seen.gaps} == {"slow"}
    assert {gap.why for gap in seen.gaps} == {"interrupted before it had answered"}


def test_interrupted_while_the_api_is_silent_the_hosts_are_kept() -> None:
    seen = interrupted(0.15, api("fast", wait_s=30), host("fast"))
    assert places(seen) == ["fast"]
    assert {(gap.where, gap.why) for gap in seen.gaps} == {("api", "interrupted before it had answered")}


def test_a_refused_question_ends_the_look() -> None:
    class Guarded(Made):
        async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
            raise PermissionError("not registered")

    with pytest.raises(PermissionError):
        see(None, Guarded("a", {}))


def test_a_recording_gives_the_same_snapshot(tmp_path: Path) -> None:
    api_ = api("compute1.example.org", "compute2", "gone", wait_s=0.02)
    hosts = [host("10.0.0.21", "compute1", 0.05), Made("compute2", {"identity": "junk"}, wait_s=0.01)]
    recording = Recording(tmp_path / "b.tar.gz", "test", AT)
    live = asyncio.run(
        look(
            "test",
            recording.of(api_),
            [recording.of(place) for place in hosts],
            lambda names: [recording.of(host(name, wait_s=0.01)) for name in names],
            AT,
        )
    )
    assert recording.finish() == ""
    bundle = open_bundle(tmp_path / "b.tar.gz")
    again = asyncio.run(look(bundle.cloud, bundle.api, bundle.hosts, None, bundle.taken_at))
    assert again == live
    assert list(map(repr, again.all(HostIdentity))) == list(map(repr, live.all(HostIdentity)))


def test_texts_of_a_thousand_hosts_are_not_held_together(registry: Any) -> None:
    def one(answer: Answer) -> Iterable[Fact]:
        yield Queue(source=answer.source, vhost="/", name="q", consumers=0, messages=len(answer.text))

    class Wordy(Made):
        async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
            return {q.name: Answer(q.name, self.name, "x", AT, "q" * 100_000) for q in questions}

    registry.sources.clear()
    registry.host("queues", "q", Queue, parse=one)
    hosts = [Wordy(f"h{i}", {}) for i in range(1000)]
    tracemalloc.start()
    seen = asyncio.run(look("test", None, hosts, None, AT))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(seen.all(Queue)) == 1000
    assert peak < 10_000_000  # of 100 MB of texts
