"""``./run``: its verbs, its words, and that it is plain sh."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def run(*arguments: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "run", *arguments],
        cwd=cwd,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **env} if env else None,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def listed() -> list[str]:
    return re.findall(r"^  ([a-z]+) +\S", run().stdout, flags=re.MULTILINE)


def test_it_lists_its_verbs_when_called_bare() -> None:
    """Every verb has its line, from any folder."""
    done = run(cwd=Path("/"))
    assert done.returncode == 0
    assert {"demo", "test", "exam", "bench", "lint", "docs", "picture", "lock"} <= set(listed())


def test_every_listed_verb_is_dispatched() -> None:
    """No line in the list without its branch in the script."""
    branches = (ROOT / "run").read_text().split("case $verb in", 1)[1]
    for verb in listed():
        assert re.search(rf"\b{verb}\b", branches), verb


def test_an_unknown_verb_is_refused_with_one_sentence() -> None:
    done = run("dance")
    assert done.returncode == 2
    assert done.stderr.endswith("run: there is no verb dance\n")


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_it_is_plain_sh(shell: str) -> None:
    """Shells other than bash read it too."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    reader = [shell, "sh", "-n"] if shell == "busybox" else [shell, "-n"]
    for script in ("run", ".ci/run"):
        subprocess.run([*reader, ROOT / script], check=True)


def test_the_locks_carry_hashes_and_no_address() -> None:
    """pip asks whatever index the machine uses, and takes only what was locked."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert not re.search(r"^--", text, flags=re.MULTILINE)
        pins = re.findall(r"^[a-z0-9][^\n]*==[^\n]*\n {4}--hash=sha256:", text, flags=re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[a-z0-9]", text, flags=re.MULTILINE))


def test_the_locks_fit_pyproject() -> None:
    """What pyproject.toml asks for is locked, in a version that it allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = project["project"]["dependencies"] + project["build-system"]["requires"]
    dev = project["project"]["optional-dependencies"]["dev"]
    for name, wanted in (("requirements.txt", asked), ("requirements-dev.txt", asked + dev)):
        pins = dict(re.findall(r"^([a-z0-9.-]+)==([^ ]+)", (ROOT / name).read_text(), flags=re.MULTILINE))
        for requirement in map(Requirement, wanted):
            pinned = pins.get(canonicalize_name(requirement.name))
            assert pinned and requirement.specifier.contains(pinned), f"{name}: {requirement}: ./run lock"
