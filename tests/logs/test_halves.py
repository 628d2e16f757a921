"""A large log is searched in two halves at once, and found to hold the same as in one."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from mitate.collect.logs import prefilter
from mitate.collect.logs.find import logs_at
from mitate.collect.logs.prefilter import Search

pytestmark = pytest.mark.skipif(not shutil.which("rg"), reason="only ripgrep searches in halves")


def found(log: Path, since: float | None = None) -> list[tuple[int, int, list[int]]]:
    with logs_at([log]) as logs:
        kinds = [each for hits in Search(logs.files, since=since).found() for each in hits.kinds]
    return sorted((each.count, each.last_position, each.positions) for each in kinds)


@pytest.mark.parametrize("share", [0.0, 0.002, 0.5, 1.0])
@pytest.mark.parametrize("since", [None, 1_795_361_521.0])
def test_halves_are_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float, since: float | None
) -> None:
    draw, lines = random.Random(7), []
    for number in range(9000):
        level, kind = ("ERROR", draw.choice("ghijk") * 3) if draw.random() < share else ("INFO", "zzz")
        head = f"2026-11-2{draw.choice('123')} 15:32:{number % 60:02}.000 98 {level} nova.x [-]"
        lines.append(f"{head} {kind} {'y' * draw.randrange(300)}\n")
    log = tmp_path / "nova-compute.log"
    log.write_text("".join(lines))
    whole = found(log, since)
    assert bool(whole) is (share > 0)
    monkeypatch.setattr(prefilter, "HALVES", 1000)
    assert found(log, since) == whole


def test_a_log_without_a_line_in_its_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "nova-compute.log"
    log.write_text("2026-11-21 15:32:01.000 98 ERROR nova.x [-] no\n" + "x" * (5 << 20) + "ERROR\n")
    whole = found(log)
    monkeypatch.setattr(prefilter, "HALVES", 1000)
    assert found(log) == whole
