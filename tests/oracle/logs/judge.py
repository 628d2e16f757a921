"""What `mitate logs errors` says of the runs, held against what was wrong in them.

Only the JSON of the real command is read, as anybody could. A run whose work did not fail although its code
was changed tells nothing, and is left out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIRST = 4
"""Among how many groups the source file is looked for."""
AT_LEAST = {"detected": 0.95, "project first": 0.95, "file among the first four": 0.70}
FALSE_ALARMS_AT_MOST = 0.02
BASELINES = 5
"""How many healthy runs a run is compared with; they are not judged themselves."""

EXAM = "exam"
SLOWER_S = 8.0
"""By how much a step must be slower than in every healthy run for its user to feel it."""

_COMMAND = (sys.executable, "-m", "mitate", "logs", "errors", "--format", "json")
_COMMAND_S = 300
_FOUND, _NOTHING = 1, 0


@dataclass(frozen=True)
class Verdict:
    """Of one run. project, file: what was at fault, None where nothing was; a fault of the exam is no file's.
    said: the groups, project and file."""

    run: str
    kind: str
    project: str | None
    file: str | None
    status: int
    said: tuple[tuple[str, str], ...]

    @property
    def detected(self) -> bool:
        return self.status == _FOUND

    @property
    def project_first(self) -> bool:
        return self.detected and bool(self.said) and self.said[0][0] == self.project

    @property
    def file_among_first(self) -> bool:
        return self.detected and any(file == self.file for _, file in self.said[:FIRST])

    @property
    def right(self) -> bool:
        return self.project_first and (self.file is None or self.file_among_first)


def runs(corpus: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The complete runs and their labels, by name."""
    found = ((path.parent, json.loads(path.read_text("utf-8"))) for path in corpus.glob("[!.]*/label.json"))
    return sorted(found, key=lambda run: run[0].name)


def judge(corpus: Path, with_baseline: bool, at_once: int = 2, baselines: int = BASELINES) -> list[Verdict]:
    """Ask about every run that tells something. LookupError when there is no healthy one to compare with."""
    known = runs(corpus)
    healthy = [run for run, label in known if label["kind"] == "none" and not label["failed"]]
    compared: Sequence[Path] = healthy[:baselines] if with_baseline else ()
    if with_baseline and not compared:
        raise LookupError(f"There is no healthy run in {corpus}.")
    usual = slowest(label for run, label in known if run in healthy)
    asked = [
        (run, label)
        for run, label in known
        if run not in healthy[:baselines]
        and (run in healthy or label["kind"] == EXAM or is_felt(label, usual))
    ]
    with ThreadPoolExecutor(at_once) as pool:
        waited = [pool.submit(ask, run, label, compared) for run, label in asked]
        return [verdict.result() for verdict in waited]


def slowest(labels: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Of these runs, the most seconds that each step took."""
    found: dict[str, float] = {}
    for label in labels:
        for step in label["steps"]:
            found[step["step"]] = max(found.get(step["step"], 0.0), step["seconds"])
    return found


def is_felt(label: Mapping[str, Any], usual: Mapping[str, float]) -> bool:
    """Whether whoever did the work noticed: a step failed, or was much slower than it usually is.

    >>> is_felt({"failed": False, "steps": [{"step": "boot", "seconds": 30.0}]}, {"boot": 9.0})
    True
    """
    return bool(label["failed"]) or any(
        step["seconds"] >= usual.get(step["step"], step["seconds"]) + SLOWER_S for step in label["steps"]
    )


def ask(run: Path, label: dict[str, Any], baseline: Iterable[Path]) -> Verdict:
    """What the command says of one run. Status 2 and no answer are what they are: nothing was detected."""
    words = ["--logs", str(run / "logs")]
    for healthy in baseline:
        words += ["--baseline", str(healthy / "logs")]
    done = subprocess.run(
        [*_COMMAND, *words], capture_output=True, text=True, timeout=_COMMAND_S, check=False
    )
    if done.returncode not in (_FOUND, _NOTHING):
        return Verdict(run.name, label["kind"], label["project"], label["file"], done.returncode, ())
    groups = json.loads(done.stdout)["groups"]
    said = tuple((str(g.get("project")), str((g.get("origin") or {}).get("file", ""))) for g in groups)
    return Verdict(run.name, label["kind"], label["project"], label["file"], done.returncode, said)


def rates(verdicts: Sequence[Verdict]) -> dict[str, tuple[int, int]]:
    """How many of how many, for each of the four things that must be shown.

    >>> broken = Verdict("a", "value", "nova", "nova/x.py", 1, (("nova", ""), ("nova", "nova/x.py")))
    >>> rates([broken, Verdict("b", "none", None, None, 0, ())])["file among the first four"]
    (1, 1)
    """
    faulty = [verdict for verdict in verdicts if verdict.project]
    coded = [verdict for verdict in faulty if verdict.file]
    healthy = [verdict for verdict in verdicts if not verdict.project]
    return {
        "detected": (sum(verdict.detected for verdict in faulty), len(faulty)),
        "project first": (sum(verdict.project_first for verdict in faulty), len(faulty)),
        "file among the first four": (sum(verdict.file_among_first for verdict in coded), len(coded)),
        "false alarms": (sum(verdict.status != _NOTHING for verdict in healthy), len(healthy)),
    }


def passed(found: dict[str, tuple[int, int]]) -> bool:
    """Whether the rates are as they must be. What was not tried is not passed."""
    alarms, healthy = found["false alarms"]
    return (
        all(
            bool(found[name][1]) and found[name][0] >= share * found[name][1]
            for name, share in AT_LEAST.items()
        )
        and bool(healthy)
        and alarms <= FALSE_ALARMS_AT_MOST * healthy
    )


def told(verdicts: Sequence[Verdict]) -> list[str]:
    """For people: each run that was not told rightly, then the rates."""
    lines = []
    for verdict in verdicts:
        first = ", ".join(f"{project} {file or '?'}" for project, file in verdict.said[:FIRST]) or "nothing"
        if verdict.project is None and verdict.status != _NOTHING:
            lines.append(f"  false alarm (status {verdict.status}): {verdict.run}: {first}")
        elif verdict.project and not verdict.right:
            what = "not detected" if not verdict.detected else "file not among them"
            what = "another project first" if verdict.detected and not verdict.project_first else what
            lines.append(
                f"  {what}: {verdict.run} ({verdict.kind}, {verdict.file or verdict.project}): {first}"
            )
    for name, (count, total) in rates(verdicts).items():
        share = f" ({count / total:.1%})" if total else ""
        lines.append(f"  {name}: {count} of {total}{share}")
    return lines
