"""Which faults of the practice cloud a change touches, for the exam to take first.

A fault is touched when its own file changed, or the check that must name it. Prints ids, one a line; nothing
without git or without a change.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Container, Iterable, Mapping
from pathlib import Path, PurePosixPath

from mitate.lab.faults import all_faults

ROOT = Path(__file__).parents[1]
CHECKS = PurePosixPath("src/mitate/analyze/checks")
FAULTS = PurePosixPath("src/mitate/lab/faults")


def touched(paths: Iterable[str], expected: Mapping[str, Container[str]]) -> list[str]:
    """The faults that changed files bear upon. expected: what must name a fault (checks), by the fault's id.

    >>> touched(["src/mitate/analyze/checks/b.py", "README.md"], {"x": ["a"], "y": ["a", "b"], "z": ["b"]})
    ['y', 'z']
    >>> touched(["src/mitate/lab/faults/x.py"], {"x": ["a"], "y": ["b"]})
    ['x']
    """
    files = [PurePosixPath(path) for path in paths]
    checks = {file.stem for file in files if file.parent == CHECKS}
    faults = {file.stem for file in files if file.parent == FAULTS}
    return sorted(
        fault
        for fault, named in expected.items()
        if fault in faults or any(check in named for check in checks)
    )


def changed() -> list[str]:
    """Files that differ from where this branch left its upstream, or, when it has not, from a day before."""
    base = git("merge-base", "HEAD", "@{upstream}").strip()
    if not base or (base == git("rev-parse", "HEAD").strip() and not git("diff", "--name-only", "HEAD")):
        last = git("log", "-1", "--format=%ct").strip()
        base = last and git("rev-list", "-1", f"--before={int(last) - 86_400}", "HEAD").strip()
    return git("diff", "--name-only", base).splitlines() if base else []


def git(*arguments: str) -> str:
    """What git says; "" when it is not there or refuses."""
    try:
        return subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


if __name__ == "__main__":
    expected = {name: [each.id for each in fault.expected] for name, fault in all_faults().items()}
    sys.stdout.writelines(f"{name}\n" for name in touched(changed(), expected))
