"""Recordings: what was said is said again, and whatever is wrong with the file is one sentence or a gap."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mitate.collect.place import Place
from mitate.collect.question import Answer, Question
from mitate.collect.transport.bundle import Bundle, open_bundle
from mitate.collect.transport.recording import Recording
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.host import HostContact
from mitate.model.source import API, Source

AT = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
NAMES = ("one", "two", "three")


class Made:
    """A made-up place: it answers "one", cannot see "two", and gives "three" in part."""

    def __init__(self, name: str, size: int = 100) -> None:
        self.name = name
        self.hostname = "" if name == API else f"{name}.example.org"
        self.contact = (
            None if name == API else HostContact(source=Source(name, "ssh", AT), host=name, reached=True)
        )
        self.requests = 7
        self.size = size

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        every: dict[str, Answer | CannotSee] = {
            "one": Answer("one", self.name, "cat one", AT, "é\n\0\x1b[1m" + "x" * self.size, 0.25),
            "two": CannotSee("sudo refused", "sudo"),
            "three": Answer("three", self.name, "cat three", AT, "half", cut=True),
        }
        return {question.name: every[question.name] for question in questions}


QUESTIONS = [Question(name=name) for name in NAMES]


def ask(place: Place, questions: Sequence[Question] = QUESTIONS) -> Mapping[str, Answer | CannotSee]:
    return asyncio.run(place.ask(questions))


def record(path: Path, *places: Made, asked: int | None = None) -> str:
    recording = Recording(path, "test", AT)
    for place in places[:asked]:
        ask(recording.of(place))
    for place in places[len(places) if asked is None else asked :]:
        recording.asked(place.name)
    return recording.finish()


def same(one: Mapping[str, Answer | CannotSee], other: Mapping[str, Answer | CannotSee]) -> bool:
    return [_plain(each) for each in one.values()] == [_plain(each) for each in other.values()]


def _plain(answer: Answer | CannotSee) -> Any:
    return answer if isinstance(answer, Answer) else (str(answer), answer.reason)


def whys(place: Place) -> set[tuple[str, str]]:
    told = ask(place).values()
    assert all(isinstance(each, CannotSee) for each in told)
    return {(str(each), each.reason) for each in told if isinstance(each, CannotSee)}


def refused(path: Path) -> str:
    with pytest.raises(CannotStart) as caught:
        open_bundle(path)
    said = str(caught.value)
    assert str(path) in said
    assert "\n" not in said
    return said


@pytest.fixture(params=["directory", "bundle.tar.gz", "bundle.tgz"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def test_what_was_said_is_said_again(path: Path) -> None:
    places = [Made(API), Made("compute1"), Made("../../etc/passwd"), Made("Ümlaut / host")]
    assert record(path, *places) == ""
    bundle = open_bundle(path)
    assert (bundle.cloud, bundle.taken_at) == ("test", AT)
    assert [place.name for place in bundle.places] == [place.name for place in places]
    assert bundle.api
    assert [host.name for host in bundle.hosts] == [place.name for place in places[1:]]
    for place, again in zip(places, bundle.places, strict=True):
        assert same(ask(place), ask(again))
        assert (again.hostname, again.contact) == (place.hostname, place.contact)  # type: ignore[attr-defined]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_recorder_looks_like_the_place_it_stands_around(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "b", "test", AT)
    recorder = recording.of(Made("compute1"))
    assert same(ask(recorder), ask(Made("compute1")))
    assert (recorder.name, recorder.hostname, recorder.requests) == ("compute1", "compute1.example.org", 7)
    assert recorder.contact
    recording.discard()
    assert list(tmp_path.iterdir()) == []


def test_a_place_may_be_asked_in_parts(path: Path) -> None:
    recording = Recording(path, "test", AT)
    api = recording.of(Made(API))
    for question in QUESTIONS:
        ask(api, [question])
    assert recording.finish() == ""
    (again,) = open_bundle(path).places
    assert same(ask(again), ask(Made(API)))


def test_what_an_old_recording_never_asked(path: Path) -> None:
    record(path, Made("compute1"))
    (again,) = open_bundle(path).places
    new = ask(again, [Question(name="new")])["new"]
    assert isinstance(new, CannotSee)
    assert (str(new), new.reason) == ("the recording does not hold it", "absent")


def test_who_had_not_answered_when_it_was_interrupted(path: Path) -> None:
    record(path, Made("compute1"), Made("compute2"), asked=1)
    first, second = open_bundle(path).places
    assert same(ask(first), ask(Made("compute1")))
    assert whys(second) == {("interrupted before it had answered", "interrupted")}


def test_the_manifest_is_the_first_member_and_nobody_owns_anything(tmp_path: Path) -> None:
    record(tmp_path / "b.tar.gz", Made("a"), Made("b"))
    with tarfile.open(tmp_path / "b.tar.gz") as tar:
        assert tar.getnames() == ["manifest.json", "answers/a.json", "answers/b.json"]
        assert {(m.uid, m.uname, m.mode) for m in tar} == {(0, "", 0o600)}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b", "b/../b"):
        with pytest.raises(CannotStart, match="is there already"):
            Recording(tmp_path / name, "test", AT)
    with pytest.raises(CannotStart, match="no recording can be written"):
        Recording(tmp_path / "no" / "such" / "b.tar.gz", "test", AT)


def test_truncated_anywhere(tmp_path: Path) -> None:
    whole = tmp_path / "whole.tar.gz"
    places = [Made(API), *(Made(f"compute{i}", 3000) for i in range(5))]
    for place in places:
        place.size = 0
    recording = Recording(whole, "test", AT)
    for i, place in enumerate(places):
        noisy = Made(place.name)
        noisy.size = 0
        ask(recording.of(_Noisy(noisy, i)))
    recording.finish()
    data = whole.read_bytes()
    part = tmp_path / "part.tar.gz"
    complete: list[int] = []
    for size in [*range(0, len(data), 997), len(data) - 1]:
        part.write_bytes(data[:size])
        try:
            bundle = open_bundle(part)
        except CannotStart as error:
            assert "\n" not in str(error)
            assert complete in ([], [0])
            continue
        assert [place.name for place in bundle.places] == [place.name for place in places]
        complete.append(_count(bundle))
    assert complete == sorted(complete)
    assert complete[-1] == len(places)
    assert complete[0] < len(places)


class _Noisy:
    """A made-up place whose answers do not compress."""

    def __init__(self, place: Made, seed: int) -> None:
        self._place = place
        self.name = place.name
        self._noise = os.urandom(15_000).hex() + str(seed)

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        return {"one": Answer("one", self.name, "cat", AT, self._noise)}


def _count(bundle: Bundle) -> int:
    """How many places told what they said; of the others, the recording says that it is truncated."""
    complete = 0
    for place in bundle.places:
        if isinstance(ask(place)["one"], Answer):
            complete += 1
        else:
            assert whys(place) == {
                ("the recording is truncated: it does not hold what this place said", "absent")
            }
    return complete


def test_a_damaged_answer_is_a_gap_of_its_place_alone(tmp_path: Path) -> None:
    record(tmp_path / "b", Made("compute1"), Made("compute2"), Made("compute3"))
    (tmp_path / "b/answers/compute2.json").write_text('{"place": 7}')
    (tmp_path / "b/answers/compute3.json").unlink()
    first, second, third = open_bundle(tmp_path / "b").places
    assert same(ask(first), ask(Made("compute1")))
    assert whys(second) == {("the recording is damaged: what this place said cannot be read", "garbage")}
    assert whys(third) == {("the recording does not hold what this place said", "absent")}


def test_links_and_pipes_in_a_directory_are_not_followed(tmp_path: Path) -> None:
    record(tmp_path / "b", Made("compute1"), Made("compute2"))
    record(tmp_path / "other", Made("compute1"))
    answers = tmp_path / "b/answers"
    (answers / "compute1.json").unlink()
    (answers / "compute1.json").symlink_to(tmp_path / "other/answers/compute1.json")
    (answers / "compute2.json").unlink()
    os.mkfifo(answers / "compute2.json")
    for place in open_bundle(tmp_path / "b").places:
        assert {reason for _, reason in whys(place)} <= {"garbage", "absent"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"schema": "mitate.bundle/2", "new": 1}', "newer mitate (mitate.bundle/2): update"),
        ('{"schema": "hotsos/1"}', "is no recording of mitate"),
        ('{"schema": "mitate.bundle/1"}', "damaged"),
        ('{"schema": 7}', "damaged"),
        ("[]", "damaged"),
        ("{" * 100_000, "damaged"),
        ("\0", "damaged"),
        ("", "damaged"),
    ],
)
def test_manifests_that_cannot_be_used(path: Path, text: str, says: str) -> None:
    if path.name == "directory":
        path.mkdir()
        (path / "manifest.json").write_text(text)
    else:
        pack(path, {"manifest.json": text.encode()})
    assert says in refused(path)


def pack(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def manifest(*files: str) -> bytes:
    places = [{"name": f"h{i}", "file": file} for i, file in enumerate(files)]
    whole = {
        "schema": "mitate.bundle/1",
        "mitate": "0",
        "cloud": "c",
        "taken_at": AT.isoformat(),
        "places": places,
    }
    return json.dumps(whole).encode()


def test_what_is_no_recording(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    (tmp_path / "empty").write_text("")
    (tmp_path / "dir").mkdir()
    (tmp_path / "gz").write_bytes(gzip.compress(b"hello"))
    pack(tmp_path / "tar", {"readme": b"x"})
    pack(tmp_path / "headless", {"answers/a.json": b"{}"})
    for name in ("text", "empty", "dir", "gz", "tar", "headless"):
        assert "no recording" in refused(tmp_path / name)
    assert "cannot be read: No such file" in refused(tmp_path / "none")


def test_names_that_lead_elsewhere_are_not_used(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"place": "h0", "answers": []}))
    names = ("../../secret.json", str(secret), "a/b.json", "..", ".hidden.json", "x\0.json")
    record(tmp_path / "b", Made("compute1"))
    (tmp_path / "b/manifest.json").write_bytes(manifest(*names))
    for place in open_bundle(tmp_path / "b").places:
        assert {reason for _, reason in whys(place)} == {"absent"}
    evil = {"manifest.json": manifest(*names), "../answers/secret.json": b"{}", "/answers/secret.json": b"{}"}
    pack(tmp_path / "b.tar.gz", evil)
    for place in open_bundle(tmp_path / "b.tar.gz").places:
        assert {reason for _, reason in whys(place)} == {"absent"}
    assert not (tmp_path.parent / "answers").exists()


def test_an_unpacked_and_packed_again_recording_is_read(tmp_path: Path) -> None:
    record(tmp_path / "b", Made("compute1"))
    with tarfile.open(tmp_path / "again.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "b", "some-name")
    with tarfile.open(tmp_path / "plain.tar", "w") as tar:
        tar.add(tmp_path / "b", ".")
    for name in ("again.tar.gz", "plain.tar"):
        (again,) = open_bundle(tmp_path / name).places
        assert same(ask(again), ask(Made("compute1")))


def test_compression_bombs_are_refused(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.tar.gz", "wb", compresslevel=6) as out:
        member = tarfile.TarInfo("answers/a.json")
        member.size = 200_000_000
        out.write(member.tobuf())
        for _ in range(200):
            out.write(bytes(1_000_000))
    assert "far more than any recording holds" in refused(tmp_path / "bomb.tar.gz")


def test_members_that_claim_to_be_huge_are_refused(tmp_path: Path) -> None:
    member = tarfile.TarInfo("answers/a.json")
    member.size = 10**13
    member.type = tarfile.REGTYPE
    (tmp_path / "b.tar").write_bytes(member.tobuf(tarfile.GNU_FORMAT))
    assert "has 10000000000000 bytes" in refused(tmp_path / "b.tar")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 KiB."""
    where = tmp_path / "small"
    where.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() or not mount:
        pytest.skip("only root can mount a small file system")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=200k", "tmpfs", where], check=False)
    if done.returncode:
        pytest.skip("no file system can be mounted here")
    yield where
    subprocess.run(["umount", where], check=True)


@pytest.mark.parametrize("name", ["b", "b.tar.gz"])
def test_a_full_disk_ends_the_recording_and_not_the_look(small_disk: Path, name: str) -> None:
    recording = Recording(small_disk / name, "test", AT)
    for i in range(5):
        made = Made(f"compute{i}", 100_000)
        assert same(ask(recording.of(made)), ask(made))
    said = recording.finish()
    assert said == f"the recording {small_disk / name} was not kept: No space left on device"
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_is_full_only_at_the_end(small_disk: Path) -> None:
    recording = Recording(small_disk / "b.tar.gz", "test", AT)
    ask(recording.of(_Noisy(Made("compute1"), 0)))
    (small_disk / "ballast").write_bytes(os.urandom(150_000))
    assert "No space left on device" in recording.finish()
    assert [entry.name for entry in small_disk.iterdir()] == ["ballast"]


def test_a_file_size_limit_is_like_a_full_disk(tmp_path: Path) -> None:
    """In a process of its own, because the limit cannot be raised again without root."""
    program = f"""
import asyncio, resource, runpy, signal
from pathlib import Path
made = runpy.run_path({__file__!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
print(made["record"](Path({str(tmp_path / "b.tar.gz")!r}), made["Made"]("a", 50_000)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"the recording {tmp_path / 'b.tar.gz'} was not kept: File too large\n"
    assert list(tmp_path.iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 20_000


def test_a_recording_of_many_hosts_is_not_held_in_memory_as_text(tmp_path: Path) -> None:
    import tracemalloc  # noqa: PLC0415 - only here

    record(tmp_path / "b.tar.gz", *(Made(f"compute{i}", 1_000_000) for i in range(30)))
    tracemalloc.start()
    bundle = open_bundle(tmp_path / "b.tar.gz")
    for place in bundle.places:
        ask(place)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 15_000_000  # of 30 MB
