"""An exam of made-up faults in a made-up lab.

Lab and commands are fakes: the lab only remembers what is broken, and the commands print what the fake lab
wrote for them. The exam with the real ones is `mitate lab exam`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mitate.lab import Lab
from mitate.lab import change as change_module
from mitate.lab import exam as exam_module
from mitate.lab.exam import exam
from mitate.lab.faults import Drifted, Expected, Fault, Logged, Placed, Traced
from mitate.lab.faults._asked import Asked
from mitate.lab.look import Commands

PRINT = "import json,sys; d = json.load(open(sys.argv[1])); print(d['out']); sys.exit(d['status'])"
TRACED = Traced("vm1", "external:{vm2}", "TUN_REMOTE_WRONG", at="network")
PLACED = Placed(("big",), "placement", "VCPU", change="ratio", changed=Asked("big"))
LINE = "api_servers = http://controller:9293"
DRIFTED = Drifted("option_differs_among_equals", "[glance] api_servers", "compute1", "/etc/nova.conf", LINE)
TOUCH = "import sys; open(sys.argv[1], 'w').close()"


def cause(check: str, name: str = "thing", explains: Sequence[str] = ()) -> dict[str, Any]:
    subject = {"kind": "host", "name": name, "host": ""}
    below = [{"check": other, "subject": subject} for other in explains]
    return {"finding": {"check": check, "subject": subject}, "explains": below}


def path(verdict: str, *codes: str, host: str = "network") -> dict[str, Any]:
    """What `mitate trace` prints."""
    return {"verdict": verdict, "reasons": [{"code": code, "at": {"host": host}} for code in codes]}


def placement(verdict: str = "NO_HOST", by: str = "VCPU", **more: Any) -> dict[str, Any]:
    """What `mitate placement` prints."""
    answer: dict[str, Any] = {
        "verdict": verdict,
        "stage": None,
        "hosts": [{"host": "compute1", "rejected_by": ""}],
    }
    if verdict == "NO_HOST":
        answer.update(stage="placement", hosts=[{"host": "compute1", "rejected_by": by}])
        answer["smallest_changes"] = [{"change": "raise the ratio to 16", "commands": ["openstack raise"]}]
    return {**answer, **more}


class FakeLab:
    """Remembers what is broken. `diagnosis` says what the check command prints while a fault is in force, and
    `path` what the trace command prints then. `ran` are the commands of the smallest changes."""

    def __init__(self, directory: Path) -> None:
        self.state = SimpleNamespace(directory=directory)
        self.answer, self.traced = directory / "answer.json", directory / "traced.json"
        self.placed, self.logged = directory / "placed.json", directory / "logged.json"
        self.drifted = directory / "drifted.json"
        self.ran: list[tuple[str, ...]] = []
        self.in_force: list[str] = []
        self.mended: list[str] = []
        self.resets = 0
        self.fakes = 0
        self.lasting: dict[str, Any] | None = None
        self.diagnosis: dict[str, list[dict[str, Any]]] = {}
        self.path: dict[str, Any] = path("UNREACHABLE_FORWARD", TRACED.code)
        self.tell([])
        self.tell_path(path("REACHABLE"))
        self.tell_placement(placement("FITS"))
        self.tell_drift([])

    def host(self, name: str) -> SimpleNamespace:
        """Of its files it only knows line 29."""
        return SimpleNamespace(
            sh=lambda script, number, file, check: f"{LINE}\n" if number == "29" else "[glance]\n"
        )

    def sh(self, host: str, script: str, *, timeout: float) -> str:
        self.ran.append((host, script))
        return ""

    def tell_placement(self, told: dict[str, Any]) -> None:
        status = 0 if told.get("verdict") == "FITS" else 1
        self.placed.write_text(json.dumps({"out": json.dumps(told), "status": status}))

    def tell_logs(self, groups: Sequence[dict[str, Any]]) -> None:
        told = {"out": json.dumps({"groups": list(groups)}), "status": 1 if groups else 0}
        self.logged.write_text(json.dumps(told))

    def tell_drift(self, differences: Sequence[dict[str, Any]], status: int | None = None) -> None:
        told = {"out": json.dumps({"differences": list(differences)}), "status": int(bool(differences))}
        self.drifted.write_text(json.dumps({**told, **({} if status is None else {"status": status})}))

    def tell(self, causes: list[dict[str, Any]]) -> None:
        told = {"out": json.dumps({"causes": causes}), "status": 1 if causes else 0}
        self.answer.write_text(json.dumps(told))

    def tell_path(self, told: dict[str, Any]) -> None:
        status = 0 if told.get("verdict") == "REACHABLE" else 1
        self.traced.write_text(json.dumps({"out": json.dumps(told), "status": status}))

    def is_up(self) -> bool:
        return True

    def recipe(self) -> SimpleNamespace:
        return SimpleNamespace(driver="linuxbridge", fakes=self.fakes)

    def broken(self) -> list[str]:
        return self.in_force

    def note_broken(self, name: str, *, hidden: bool = False) -> None:
        self.in_force.append(name)

    def note_mended(self, name: str) -> None:
        self.in_force.remove(name)
        self.mended.append(name)

    def reset(self) -> None:
        self.resets += 1
        self.lasting = None
        self.in_force.clear()
        self.tell([])


class Exam:
    """An exam of made-up faults, with all that it said."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lab = FakeLab(directory)
        self.said: list[str] = []
        self.not_built = ""
        self.faults: dict[str, Fault] = {}
        self._patch = monkeypatch
        self.add("one_bad", "two_bad", "three_bad")
        monkeypatch.setattr(exam_module, "addresses", lambda lab: {"vm2": "10.10.0.9"})
        monkeypatch.setattr(exam_module, "ids", lambda lab: {"vm1": "8fd7"})
        monkeypatch.setattr(change_module, "is_built", lambda lab, asked: self.not_built)
        monkeypatch.setattr(change_module, "_SETTLES_S", 0)
        for sent in ("wait_lost", "wait_arrives"):
            monkeypatch.setattr(sys.modules["mitate.lab.faults"], sent, lambda lab, traced: None)

    def add(self, *names: str, break_: Callable[[Lab], None] | None = None) -> None:
        for name in names:
            self.lab.diagnosis.setdefault(name, [cause(name)])

            def breaks(lab: Lab, name: str = name) -> None:
                self.lab.tell(self.lab.diagnosis[name])

            def mends(lab: Lab) -> None:
                self.lab.tell([self.lab.lasting] if self.lab.lasting else [])

            self.faults[name] = Fault(name, name, "", (Expected(name, "host"),), break_ or breaks, mends)
        for module in (exam_module, sys.modules["mitate.lab.faults"]):
            self._patch.setattr(module, "all_faults", lambda: self.faults)

    def add_traced(self, name: str, traced: Traced = TRACED, also: tuple[Expected, ...] = ()) -> None:
        """A fault whose packet is lost while it is in force."""

        def breaks(lab: Lab) -> None:
            self.lab.tell_path(self.lab.path)

        def mends(lab: Lab) -> None:
            self.lab.tell_path(path("REACHABLE"))

        self.faults[name] = Fault(name, name, "", (traced, *also), breaks, mends)

    def add_placed(self, name: str, told: dict[str, Any], placed: Placed = PLACED) -> None:
        """A fault that refuses a server while it is in force."""

        def breaks(lab: Lab) -> None:
            self.lab.tell_placement(told)

        def mends(lab: Lab) -> None:
            self.lab.tell_placement(placement("FITS"))

        self.faults[name] = Fault(name, name, "", (placed,), breaks, mends)

    def add_logged(self, name: str, logged: Logged, groups: Sequence[dict[str, Any]]) -> None:
        """A fault that leaves these groups in the logs, whether it is in force or not."""
        self.lab.tell_logs(groups)
        self.faults[name] = Fault(name, name, "", (logged,), lambda lab: None, lambda lab: None)

    def add_drifted(self, name: str, drifted: Drifted, *differences: dict[str, Any]) -> None:
        """A fault that plants these differences while it is in force."""

        def breaks(lab: Lab) -> None:
            self.lab.tell_drift(differences)

        def mends(lab: Lab) -> None:
            self.lab.tell_drift([])

        self.faults[name] = Fault(name, name, "", (drifted,), breaks, mends)

    def run(self, names: Sequence[str] = (), **options: Any) -> int:
        options = {"commands": self.commands(), "seed": 7, "quiet_s": 0, "say": self.said.append, **options}
        return exam(cast("Lab", self.lab), names, **options)

    def commands(self, **changed: Sequence[str]) -> Commands:
        """Commands that print what the fake lab wrote."""
        check = (sys.executable, "-c", PRINT, str(self.lab.answer))
        trace = (sys.executable, "-c", PRINT, str(self.lab.traced))
        place = (sys.executable, "-c", PRINT, str(self.lab.placed))
        logs = (sys.executable, "-c", PRINT, str(self.lab.logged))
        drift = (sys.executable, "-c", PRINT, str(self.lab.drifted))
        known = {"check": check, "trace": trace, "placement": place, "logs": logs, "drift": drift}
        return Commands(dict(os.environ), **{**known, **changed})

    def order(self) -> list[str]:
        return [line.split()[0] for line in self.said if line.split()[0] in self.faults]
