"""The runs of the corpus: the same work, each time with other code that fails, or with none, and what was
logged.

A run is a directory: `label.json` (what was wrong, and whether whoever did the work noticed) and
`logs/HOST/...`, the lines that the services of the cloud wrote while it went on, and no others: to their own
files, and to the journal, where what a thread of an agent dies of goes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mitate.lab import Lab, LabError
from mitate.lab.faults import break_fault, mend_fault
from mitate.lab.faults._api import reports
from mitate.lab.faults._files import change, put_back
from mitate.lab.topology import CLOUD_HOSTS
from tests.oracle.logs.catalogue import CodeFault

HERE = Path(__file__).parent
SWITCHES = "/run/mitate-code-faults"
PREFIX = "work-"
LOG_DIRS = ("nova", "neutron", "glance", "keystone", "placement", "libvirt", "openvswitch")
RESTART_S = 300
SETTLE_S = 1.5
"""How long after the work the services may go on writing about it."""

_MOST = 64 << 20  # bytes of one log in one run: more is no healthy log, and no use

# Who notices within minutes what a user notices within hours: the limits of a call and of a port's wiring.
_SHORTER = "; ".join(
    f"s/^{option} *=.*/{option} = {seconds}/"
    for option, seconds in (("rpc_response_timeout", 15), ("vif_plugging_timeout", 20))
)

# Whose code is whose: each host's units that are started again once the code of a project is changed.
UNITS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "controller": {
        "keystone": ("keystone",),
        "glance": ("glance-api",),
        "placement": ("placement-api",),
        "nova": ("nova-api", "nova-scheduler", "nova-conductor"),
        "neutron": ("neutron-api", "neutron-rpc-server"),
    },
    "network": {
        "neutron": (
            "neutron-l3-agent",
            "neutron-dhcp-agent",
            "neutron-metadata-agent",
            "neutron-linuxbridge-agent",
        )
    },
    "compute1": {"nova": ("nova-compute",), "neutron": ("neutron-linuxbridge-agent",)},
    "compute2": {"nova": ("nova-compute",), "neutron": ("neutron-linuxbridge-agent",)},
}


@dataclass(frozen=True)
class Run:
    """What came of one. steps: name, state (done, failed, left out), seconds, what the API said."""

    name: str
    steps: tuple[Mapping[str, Any], ...]
    seconds: float

    @property
    def failed(self) -> list[str]:
        return [str(step["step"]) for step in self.steps if step["state"] == "failed"]


@dataclass(frozen=True)
class Wrong:
    """What was wrong in a run, as its label tells. project: whose fault it is, None where nothing is wrong;
    file, function: of code that fails; kind: one of the catalogue's, ``exam``, or ``none``."""

    project: str | None = None
    file: str | None = None
    function: str | None = None
    kind: str = "none"


HEALTHY = Wrong()


class Worker:
    """The user: a program on the operator's host, told what to do line by line."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        script = '. /root/openrc && exec python3 -uc "$1"'
        argv = ["sh", "-c", script, "sh", (HERE / "workload.py").read_text(encoding="utf-8")]
        self._program = subprocess.Popen(
            [*lab.host("operator").entry(), *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def tell(self, line: str) -> dict[str, Any]:
        assert self._program.stdin and self._program.stdout
        self._program.stdin.write(f"{line}\n")
        self._program.stdin.flush()
        for said in self._program.stdout:
            if not said.startswith("> "):
                answer: dict[str, Any] = json.loads(said)
                return answer
            self._program.stdin.write("yes\n" if self._answers(said[2:].strip()) else "no\n")
            self._program.stdin.flush()
        raise LabError("The program that does the work ended.")

    def _answers(self, address: str) -> bool:
        script = (
            'for i in $(seq 25); do ping -qc1 -W1 "$1" >/dev/null 2>&1 && echo yes && exit; sleep .5; done'
        )
        return self._lab.host("client").sh(script, address, check=False).strip() == "yes"

    def close(self) -> None:
        assert self._program.stdin
        self._program.stdin.close()
        try:
            self._program.wait(20)
        except subprocess.TimeoutExpired:
            self._program.kill()


class Bench:
    """A lab on which runs are made, one at a time. into: the directory that gets them."""

    def __init__(self, lab: Lab, into: Path) -> None:
        self.lab, self.into = lab, into
        self.worker = Worker(lab)

    def run(
        self, name: str, wrong: Wrong = HEALTHY, broken: AbstractContextManager[None] | None = None
    ) -> Run:
        """Do the work once, while something is `broken`. The directory appears when it is complete."""
        target, new = self.into / name, self.into / f".{name}"
        shutil.rmtree(new, ignore_errors=True)
        marks = {host: _sizes(self._logs(host)) for host in CLOUD_HOSTS}
        began, at = time.monotonic(), time.time()
        with broken or nullcontext():
            answer = self.worker.tell(f"run {PREFIX}{name}")
            time.sleep(SETTLE_S)
            for host, before in marks.items():
                (new / "logs" / host).mkdir(parents=True)
                _cut(self._logs(host), before, new / "logs" / host / "var/log")
                journal = self.lab.sh(
                    host, f"journalctl -q --no-pager -o short-iso-precise --since @{int(at)}"
                )
                (new / "logs" / host / "journalctl.log").write_text(journal + "\n", encoding="utf-8")
        run = Run(name, tuple(answer["steps"]), time.monotonic() - began)
        (new / "label.json").write_text(json.dumps(label(run, wrong), indent=1), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        new.rename(target)
        return run

    def forget(self, name: str) -> None:
        shutil.rmtree(self.into / name)

    def close(self) -> None:
        self.worker.close()

    def clear(self) -> list[str]:
        """Delete what runs have left. Empty: nothing is left."""
        left: list[str] = self.worker.tell(f"clear {PREFIX}")["left"]
        return left

    def _logs(self, host: str) -> Path:
        return Path(f"/proc/{self.lab.host(host).first_process()}/root/var/log")


@contextmanager
def switched_on(lab: Lab, fault: CodeFault) -> Iterator[None]:
    """The code of every host fails in this way, for as long."""
    try:
        for host in CLOUD_HOSTS:
            lab.sh(host, f"touch {SWITCHES}/{fault.id}")
        time.sleep(fault.lead_s)
        yield
    finally:
        for host in CLOUD_HOSTS:
            lab.sh(host, f"rm -f {SWITCHES}/{fault.id}")


@contextmanager
def broken(lab: Lab, fault: str) -> Iterator[None]:
    """A fault of the exam is in force, for as long."""
    try:
        break_fault(lab, fault)
        yield
    finally:
        mend_fault(lab, fault)


def label(run: Run, wrong: Wrong) -> dict[str, Any]:
    """What whoever judges needs to know of a run."""
    failed = [step for step in run.steps if step["state"] == "failed"]
    return {**asdict(wrong), "failed": bool(failed) or not run.steps, "steps": list(run.steps)}


def _sizes(logs: Path) -> dict[str, int]:
    return {str(path.relative_to(logs)): path.stat().st_size for path in _files(logs)}


def _files(logs: Path) -> Iterator[Path]:
    for name in LOG_DIRS:
        yield from (path for path in sorted((logs / name).rglob("*.log")) if path.is_file())


def _cut(logs: Path, before: Mapping[str, int], into: Path) -> None:
    for path in _files(logs):
        name = str(path.relative_to(logs))
        with path.open("rb") as log:
            log.seek(before.get(name, 0))
            written = log.read(_MOST)
        if written:
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            (into / name).write_bytes(written)


@contextmanager
def arranged(lab: Lab, faults: Sequence[CodeFault]) -> Iterator[None]:
    """The lab with a switch for each fault in its code, and shorter limits; as it was afterwards."""
    try:
        files = sorted({fault.file for fault in faults})
        for host in CLOUD_HOSTS:
            for file in _configured(host):
                change(lab, host, file, _SHORTER)
            of_host = [fault.described() for fault in faults if fault.project in UNITS[host]]
            _patch(lab, host, "install", of_host)
        _restart(lab)
        yield
    finally:
        for host in CLOUD_HOSTS:
            for file in _configured(host):
                put_back(lab, host, file)
            _patch(lab, host, "remove", files)
        _restart(lab)


def _configured(host: str) -> list[str]:
    return ["/etc/neutron/neutron.conf"] + (["/etc/nova/nova.conf"] if "nova" in UNITS[host] else [])


def _patch(lab: Lab, host: str, verb: str, what: object) -> None:
    program = (HERE / "patch.py").read_text(encoding="utf-8")
    lab.host(host).sh('exec python3 -c "$@"', program, verb, json.dumps(what), timeout=180)


def restart_project(lab: Lab, project: str) -> None:
    """Start a project's services anew, and wait until the cloud is healthy."""
    for host, projects in UNITS.items():
        if project in projects:
            _restart_units(lab, host, projects[project])
    wait_heard(lab)


def wait_heard(lab: Lab) -> None:
    """Wait until every agent and service is heard from. Servers do not matter here: who else uses the lab may
    have some in ERROR."""

    def deaf() -> str:
        try:
            heard = reports(lab)
        except LabError as error:  # Keystone itself may not answer yet
            return str(error)
        return ", ".join(name for name, up in heard.items() if not up) or ("" if heard else "nobody")

    lab.wait("all agents and services to be heard from", lambda: not deaf(), RESTART_S, deaf)


def _restart(lab: Lab) -> None:
    """The controller's services first, for the others call them."""
    for host, projects in UNITS.items():
        _restart_units(lab, host, [unit for units in projects.values() for unit in units])
    wait_heard(lab)


def _restart_units(lab: Lab, host: str, units: Sequence[str]) -> None:
    """Killed rather than stopped: a service that waits a minute for its workers to end has no work now."""
    names = " ".join(units)
    lab.sh(host, f"systemctl kill -s KILL {names}; systemctl restart --no-block {names}")

    def started() -> bool:
        return not lab.sh(host, "systemctl list-jobs --no-legend | grep -v 'No jobs'", check=False).strip()

    lab.wait(f"{names} on {host} to start", started, RESTART_S, lab.host(host).pending)
