"""The pages: none lags behind the code, and no link leads nowhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mitate.analyze.check import HEADINGS, all_checks
from mitate.analyze.placement.filters._filter import all_filters
from mitate.lab.faults import all_faults
from mitate.model.path_reasons import PATH_REASONS
from mitate.model.reasons import REASONS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def gendocs(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "tools/gendocs.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_generated_pages_are_what_the_code_says() -> None:
    """A check, fault, reason or flag without its page, or with an old one: ./run docs mends it."""
    done = gendocs("--check")
    assert done.returncode == 0, done.stderr


def test_a_stale_page_is_seen(tmp_path: Path) -> None:
    """One word changed in a copy is enough; writing again mends it."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    page = tmp_path / "docs/checks.md"
    page.write_text(page.read_text().replace("evidence", "rumour", 1))
    done = gendocs("--check", tmp_path / "docs")
    assert done.returncode == 1
    assert "checks.md" in done.stderr
    assert gendocs(tmp_path / "docs").returncode == 0
    assert page.read_text() == (ROOT / "docs/checks.md").read_text()


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: str(check.id))
def test_every_check_has_its_manual(check: object) -> None:
    """All four headings are there, so that the page answers the four questions that follow a finding."""
    manual = getattr(check, "manual", "")
    assert [line for line in manual.splitlines() if line in HEADINGS] == list(HEADINGS)


@pytest.mark.parametrize("name", sorted(all_filters()))
def test_every_filter_has_its_manual(name: str) -> None:
    manual = all_filters()[name].manual
    assert [line for line in manual.splitlines() if line in HEADINGS] == list(HEADINGS)


def test_every_name_has_its_place_in_the_pages() -> None:
    for page, names in {
        "checks.md": [check.id for check in all_checks()],
        "faults.md": sorted(all_faults()),
        "filters.md": sorted(all_filters()),
        "reasons.md": [reason.code for reason in REASONS],
        "path-reasons.md": [reason.code for reason in PATH_REASONS],
    }.items():
        text = (ROOT / "docs" / page).read_text()
        assert not [name for name in names if f"## {name}" not in text and f"| `{name}` |" not in text]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links in the pages name files that exist."""
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_excerpts_are_the_code_s_own() -> None:
    """What CONTRIBUTING.md shows of the code stands there word for word."""
    sources = [file.read_text() for file in ROOT.glob("src/mitate/**/*.py")]
    excerpts = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.DOTALL)
    assert excerpts
    assert not [excerpt for excerpt in excerpts if not any(excerpt in source for source in sources)]
