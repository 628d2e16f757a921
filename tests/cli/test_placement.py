"""``mitate placement`` as a person runs it: what reaches the question, what comes of the answer."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mitate.app import Truth
from mitate.cli.main import main
from mitate.model.errors import CannotStart
from mitate.model.placement import Explanation, Given, Stage, Verdict, Wanted

Run = Callable[..., subprocess.CompletedProcess[str]]
HEALTHY = Path(__file__).parents[1] / "recordings" / "healthy.tar.gz"
Asked = list[tuple[Truth, str, Given]]


def explanation(verdict: Verdict) -> Explanation:
    wanted = Wanted(name="big1", flavor_name="m1.huge", vcpus=64, ram_mb=2048, disk_gb=20)
    return Explanation(
        cloud="lab",
        taken_at=datetime(2026, 11, 22, 22, 10, tzinfo=UTC),
        wanted=wanted,
        verdict=verdict,
        stage=None if verdict is Verdict.FITS else Stage.PLACEMENT,
        says="Of four hosts",
    )


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, here: Path) -> Callable[[Verdict | CannotStart], Asked]:
    """A fake: whatever is asked, that is the answer. Returns what was asked."""

    def answer(with_: Verdict | CannotStart) -> Asked:
        asked: Asked = []

        async def explain(truth: Truth, server: str, given: Given, progress: object) -> Explanation:
            asked.append((truth, server, given))
            if isinstance(with_, CannotStart):
                raise with_
            return explanation(with_)

        monkeypatch.setattr("mitate.cli._placing.explain_placement", explain)
        return asked

    return answer


@pytest.mark.parametrize(
    ("verdict", "status", "says"),
    [
        (Verdict.FITS, 0, "✔ Of four hosts."),
        (Verdict.NO_HOST, 1, "✘ Of four hosts."),
        (Verdict.UNKNOWN, 3, "? Of four hosts."),
    ],
)
def test_the_status_is_the_verdict_s(
    answers: Callable[..., Asked],
    capsys: pytest.CaptureFixture[str],
    verdict: Verdict,
    status: int,
    says: str,
) -> None:
    answers(verdict)
    assert main(["placement", "big1", "--bundle", str(HEALTHY)]) == status
    assert says in capsys.readouterr().out


def test_the_request_is_asked_as_it_was_given(answers: Callable[..., Asked]) -> None:
    asked = answers(Verdict.FITS)
    request = "--flavor m1.big --image cirros --availability-zone az2:compute3 --host compute3 --count 3"
    more = (
        "--hint group=9a --hint different_host=1 --hint different_host=2 --property trait:CUSTOM_SSD=required"
    )
    rest = ["--property", "a=b=c", "--boot-from-volume", "--project", "demo", "--timeout", "7"]
    assert main(["placement", *request.split(), *more.split(), *rest, "--bundle", str(HEALTHY)]) == 0
    [(truth, server, given)] = asked
    assert (truth.bundle, truth.hosts, truth.timeout_s, server) == (HEALTHY, (), 7.0, "")
    assert given == Given(
        flavor="m1.big",
        image="cirros",
        zone="az2:compute3",
        host="compute3",
        hints=(("group", "9a"), ("different_host", "1"), ("different_host", "2")),
        properties=(("trait:CUSTOM_SSD", "required"), ("a", "b=c")),
        project="demo",
        count=3,
        from_volume=True,
    )


def test_a_server_is_asked_for_as_it_is(answers: Callable[..., Asked]) -> None:
    asked = answers(Verdict.NO_HOST)
    assert main(["placement", "big1", "--bundle", str(HEALTHY)]) == 1
    assert [(server, given) for _, server, given in asked] == [("big1", Given())]


@pytest.mark.parametrize(
    ("options", "file", "begins"),
    [
        ((), "answer.json", "{\n"),
        ((), "answer.html", "<!doctype html>"),
        ((), "answer.txt", "cloud lab"),
        (("--format", "json"), "answer.txt", "{\n"),
    ],
)
def test_a_file_s_ending_tells_the_format(
    answers: Callable[..., Asked], here: Path, options: tuple[str, ...], file: str, begins: str
) -> None:
    answers(Verdict.NO_HOST)
    assert main(["placement", "big1", "--bundle", str(HEALTHY), "-o", file, *options]) == 1
    assert (here / file).read_text().startswith(begins)


def test_the_json_is_the_placement_schema(
    answers: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    answers(Verdict.NO_HOST)
    main(["placement", "big1", "--bundle", str(HEALTHY), "--format", "json"])
    assert json.loads(capsys.readouterr().out)["schema"] == "mitate.placement/1"


def test_an_unknown_server_is_one_sentence(
    answers: Callable[..., Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    answers(CannotStart("there is no server 'nobody'"))
    assert main(["placement", "nobody", "--bundle", str(HEALTHY)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "mitate: there is no server 'nobody'.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "placement needs a SERVER, or --flavor"),
        (("--image", "cirros"), "placement needs a SERVER, or --flavor"),
        (("big1", "--hint", "group"), "--hint group: give NAME=VALUE"),
        (("big1", "--hint", "=9a"), "--hint =9a: give NAME=VALUE"),
        (("big1", "--property", "SSD"), "--property SSD: give NAME=VALUE"),
        (("big1", "--count", "0"), "--count 0: ask for 1 to 1,000 servers"),
        (("big1", "--count", "many"), "invalid int value: 'many'"),
        (("big1", "--host", "a", "b"), "unrecognized arguments: b"),
        (("big1", "-o", "nowhere/x.html"), "there is no directory nowhere"),
        (("big1", "--format", "junit"), "invalid choice: 'junit'"),
        (("big1", "--sosreport", "x"), "not allowed with argument --sosreport"),
    ],
)
def test_bad_usage_is_one_sentence(mitate: Run, arguments: tuple[str, ...], says: str) -> None:
    done = mitate("placement", *arguments, "--bundle", HEALTHY)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout


def test_sosreports_cannot_answer(mitate: Run, tmp_path: Path) -> None:
    done = mitate("placement", "big1", "--sosreport", tmp_path)
    assert done.returncode == 2
    assert "nothing of what the API and Placement know" in done.stderr
