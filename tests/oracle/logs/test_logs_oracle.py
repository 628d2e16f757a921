"""The oracle of `mitate logs errors` itself, and what the command says of some of its runs, recorded.

The runs were made by ``./run logs-oracle``; ``tests/recordings/logs/`` holds the directory of each as it was.
"""

from __future__ import annotations

import ast
import tarfile
import traceback
from pathlib import Path
from typing import Any

import pytest

from mitate.lab.faults import Logged, all_faults
from tests.oracle.logs import patch
from tests.oracle.logs.catalogue import KINDS, faults, of_exam
from tests.oracle.logs.judge import Verdict, judge, passed, rates, told

RECORDINGS = Path(__file__).parents[2] / "recordings" / "logs"
PROJECTS = {"nova", "neutron", "glance", "keystone", "placement"}

CODE = '''
class Manager:
    """A manager."""

    def build(self, image, size=1):
        """Build."""
        done = []
        try:
            self.plug(done, size=size)
            done.append("built")
        finally:
            done.append("told")
        return done

    def plug(self, done, size):
        done.append(f"plugged {size}")
'''


def test_the_catalogue_is_large_and_whole() -> None:
    assert len(faults()) >= 60
    assert {fault.kind for fault in faults()} == set(KINDS)
    assert {fault.project for fault in faults()} == PROJECTS
    for fault in faults():
        assert fault.file.endswith(".py") and fault.function, fault.id
        assert bool(fault.does) == (fault.kind != "missing"), fault.id
        assert fault.at or fault.kind not in ("parameter", "missing"), fault.id
        assert fault.id.startswith(fault.project), fault.id


def test_every_fault_of_the_exam_that_logs_tell_of_exists() -> None:
    assert set(of_exam()) <= set(all_faults())
    told = {
        name for name, fault in all_faults().items() if any(isinstance(e, Logged) for e in fault.expected)
    }
    assert told <= set(of_exam())


class Patched:
    """The little module with one fault in it; ``on`` switches it on."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch, **described: str) -> None:
        monkeypatch.setattr(patch, "SWITCHES", str(directory))
        monkeypatch.setattr(patch, "PACKAGES", directory)
        self.source = directory / "manager.py"
        self.source.write_text(CODE, encoding="utf-8")
        self.switch = directory / "fault"
        module = ast.parse(CODE, str(self.source))
        patch.Fault({"id": "fault", "function": "Manager.build", **described}).apply(module)
        names: dict[str, Any] = {}
        exec(compile(module, str(self.source), "exec"), names)
        self.manager = names["Manager"]()

    def on(self) -> Any:
        self.switch.touch()
        return self.manager


HEALTHY = ["plugged 1", "built", "told"]


@pytest.mark.parametrize(
    ("described", "built"),
    [
        ({"kind": "missing", "at": "self.plug("}, ["built", "told"]),
        ({"kind": "value", "does": "it[:1]"}, ["plugged 1"]),
        ({"kind": "parameter", "at": "self.plug(size)", "does": "it + 4"}, ["plugged 5", "built", "told"]),
        ({"kind": "parameter", "at": "self.plug(0)", "does": "list(it)"}, ["built", "told"]),
        ({"kind": "delay", "does": "0"}, HEALTHY),
    ],
)
def test_a_fault_does_its_harm_only_while_it_is_switched_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, described: dict[str, str], built: list[str]
) -> None:
    patched = Patched(tmp_path, monkeypatch, **described)
    assert patched.manager.build("image") == HEALTHY
    assert patched.on().build("image") == built


def test_an_exception_comes_from_the_service_s_own_line_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patched = Patched(tmp_path, monkeypatch, kind="exception", at="self.plug(", does="KeyError('tap')")
    with pytest.raises(KeyError) as raised:
        patched.on().build("image")
    frame = traceback.extract_tb(raised.value.__traceback__)[-1]
    assert (frame.filename, frame.name) == (str(patched.source), "build")
    assert frame.line == "self.plug(done, size=size)"


@pytest.mark.parametrize(
    "described",
    [
        {"kind": "missing", "at": "self.unplug("},
        {"kind": "parameter", "at": "self.plug(mtu)", "does": "1"},
        {"kind": "value", "at": "nothing", "does": "1"},
        {"kind": "value", "function": "Manager.destroy", "does": "1"},
    ],
)
def test_a_place_that_the_code_does_not_have_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, described: dict[str, str]
) -> None:
    with pytest.raises(SystemExit):
        Patched(tmp_path, monkeypatch, **described)


def test_what_is_put_before_python_is_taken_and_taken_away_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patch, "PACKAGES", tmp_path)
    monkeypatch.setattr(patch, "SWITCHES", str(tmp_path / "switches"))
    (tmp_path / "little_manager.py").write_text(CODE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    fault = {"id": "fault", "file": "little_manager.py", "function": "Manager.build", "kind": "value"}
    patch.install([{**fault, "does": "None"}])
    (tmp_path / "switches" / "fault").touch()
    import little_manager  # type: ignore[import-not-found]  # noqa: PLC0415 - as a service would

    assert little_manager.Manager().build("image") is None
    patch.remove(["little_manager.py"])
    assert not list(tmp_path.rglob("*.pyc*")) and not list((tmp_path / "switches").iterdir())


# -- what the command says of recorded runs -----------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("corpus")
    for recording in sorted(RECORDINGS.glob("*.tar.xz")):
        with tarfile.open(recording) as archive:
            archive.extractall(directory, filter="data")
    return directory


@pytest.mark.slow
@pytest.mark.parametrize("with_baseline", [False, True], ids=["alone", "with a baseline"])
def test_the_recorded_runs(corpus: Path, with_baseline: bool) -> None:
    verdicts = judge(corpus, with_baseline, baselines=2)
    assert {verdict.project is None for verdict in verdicts} == {True, False}
    assert passed(rates(verdicts)), "\n".join(told(verdicts))


def test_what_was_not_tried_is_not_passed() -> None:
    right = Verdict("a", "value", "nova", "nova/x.py", 1, (("nova", "nova/x.py"),))
    quiet = Verdict("b", "none", None, None, 0, ())
    assert passed(rates([right, quiet]))
    assert not passed(rates([right]))
    assert not passed(rates([quiet]))
    assert not passed(rates([right, Verdict("c", "none", None, None, 3, ())]))
