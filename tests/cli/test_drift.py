"""``mitate drift`` as it is typed, over recordings of the practice cloud."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mitate.cli.main import main
from mitate.collect.transport.bundle import open_bundle

RECORDINGS = Path(__file__).parents[1] / "recordings"
HEALTHY = str(RECORDINGS / "healthy.tar.gz")
OLD = str(RECORDINGS / "mariadb_stopped.tar.gz")
"""Made before hosts told digests."""
EARLIER, LATER = sorted(
    (HEALTHY, str(RECORDINGS / "nova_keystone_password_wrong.tar.gz")),
    key=lambda path: open_bundle(Path(path)).taken_at,
)


def test_an_old_recording_shows_too_little_to_say_that_nothing_differs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["drift", "--bundle", OLD, "--format", "json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["state"], told["differences"]) == ("mitate.drift/1", "UNKNOWN", [])
    assert any("digests" in gap["why"] for gap in told["gaps"])


def test_nothing_differs_on_the_healthy_cloud(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", "--bundle", HEALTHY]) == 0
    assert "Nothing differs" in capsys.readouterr().out


def test_text_and_html(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["drift", "--bundle", OLD, "--since", "30d"]) == 3
    assert "Not seen" in capsys.readouterr().out
    page = tmp_path / "drift.html"
    assert main(["drift", "--bundle", OLD, "-o", str(page)]) == 3
    assert page.read_text().startswith("<!doctype html>")


def test_two_recordings(capsys: pytest.CaptureFixture[str]) -> None:
    """What one host tells otherwise than before; the wrong password is redacted, and old recordings hold no
    digest of it."""
    status = main(["drift", EARLIER, LATER, "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    assert told["earlier"] < told["taken_at"]
    assert status == (1 if told["differences"] else 3)
    assert any("not compared" in note for note in told["notes"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--bundle", HEALTHY, "--since", "yesterday"], "how long ago: 90m, 2h, 3d"),
        (["a.tar.gz"], "there is no a.tar.gz"),
        ([HEALTHY, HEALTHY, HEALTHY], "two recordings at most"),
        ([EARLIER, LATER, "--bundle", HEALTHY], "leave out where else"),
        ([LATER, EARLIER], "the other way round"),
    ],
)
def test_bad_usage(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", *words]) == 2
    assert says in capsys.readouterr().err
