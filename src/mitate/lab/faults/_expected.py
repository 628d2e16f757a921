"""What must be found while a fault is in force: a finding of the check, a reason of the trace, who refuses a
request for a server, what the logs say went wrong first, or what drifted apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mitate.lab.faults._asked import Asked

LIVE = ("--live", "--yes")
"""The options with which a trace sends packets, and does not ask before."""


@dataclass(frozen=True)
class Expected:
    """The finding that names a fault rightly.

    check: its id. kind: of its subject. name_has: what the subject's name must contain. host: where the
    subject lives; "" when it may live anywhere.
    """

    check: str
    kind: str
    name_has: str = ""
    host: str = ""

    @property
    def id(self) -> str:
        return self.check

    def is_met_by(self, finding: Mapping[str, Any]) -> bool:
        """Whether a finding, as `mitate check --format json` writes it, is this one.

        >>> expected = Expected("agent_process_frozen", "agent", "Linux bridge", "compute1")
        >>> subject = {"kind": "agent", "name": "Linux bridge agent on compute1", "host": "compute1"}
        >>> expected.is_met_by({"check": "agent_process_frozen", "subject": subject})
        True
        >>> expected.is_met_by({"check": "agent_process_stopped", "subject": subject})
        False
        """
        subject = finding.get("subject") or {}
        return (
            finding.get("check") == self.check
            and subject.get("kind") == self.kind
            and self.name_has in str(subject.get("name", ""))
            and self.host in ("", subject.get("host"))
        )


@dataclass(frozen=True)
class Traced:
    """The packet that a fault loses, and the reason that names the fault rightly.

    source, destination: as `mitate trace` takes them; `{vm2}` stands for the fixed address of server vm2.
    code: of the reason. at: the host where the packet dies, "" when it may be anywhere. size: bytes at layer
    3, None for the command's own choice. options: more words of the command. cured: whether the very same
    packet arrives once the fault is mended; False where mending means that nobody sends such packets.
    """

    source: str
    destination: str
    code: str
    at: str = ""
    proto: str = "icmp"
    port: int | None = None
    size: int | None = None
    options: tuple[str, ...] = ()
    cured: bool = True

    @property
    def id(self) -> str:
        return self.code

    @property
    def live(self) -> bool:
        """Whether it takes a real packet to tell: the state of the hosts shows nothing."""
        return "--live" in self.options

    def arguments(self, addresses: Mapping[str, str]) -> list[str]:
        """The words after `mitate trace`. addresses: the fixed address of each server.

        >>> Traced("external:{vm2}", "203.0.113.151", "EP_DUP_IP", size=84).arguments({"vm2": "10.10.0.9"})
        ['external:10.10.0.9', '203.0.113.151', '--proto', 'icmp', '--size', '84']
        """
        words = [self.source, self.destination, "--proto", self.proto]
        words += ["--port", str(self.port)] if self.port is not None else []
        words += ["--size", str(self.size)] if self.size is not None else []
        return [word.format_map(addresses) for word in (*words, *self.options)]

    def is_met_by(self, reason: Mapping[str, Any]) -> bool:
        """Whether a reason, as `mitate trace --format json` writes it, is this one.

        >>> expected = Traced("vm1", "vm2", "TUN_REMOTE_WRONG", at="compute1")
        >>> expected.is_met_by({"code": "TUN_REMOTE_WRONG", "at": {"host": "compute1"}})
        True
        >>> expected.is_met_by({"code": "TUN_REMOTE_WRONG", "at": {"host": "compute2"}})
        False
        """
        place = reason.get("at") or {}
        return reason.get("code") == self.code and self.at in ("", place.get("host"))


LAB_SERVER = ("--flavor", "m1.lab", "--image", "lab")
"""The smallest server of the lab, as `mitate placement` takes it: a healthy cloud has room for it."""


@dataclass(frozen=True)
class Placed:
    """The request for a server that a fault refuses, and what `mitate placement` must say of it.

    request: the words after the command; `{vm1}` stands for the id of a server or server group of that name.
    stage: where it dies. by: who refuses it, as `rejected_by` says; at: on which host, "" for the first that
    is told of. first_cause: the check whose finding "no valid host" only echoes, "" when it is no echo.
    change: a word of the smallest change. changed: the server that must be built once that is done; None
    where no change gives it a host. mended: what must fit once the fault is mended.
    """

    request: tuple[str, ...]
    stage: str
    by: str = ""
    at: str = ""
    first_cause: str = ""
    change: str = ""
    changed: Asked | None = None
    mended: tuple[str, ...] = LAB_SERVER

    @property
    def id(self) -> str:
        return self.first_cause or self.by

    def arguments(self, ids: Mapping[str, str]) -> list[str]:
        """The words after `mitate placement`. ids: of each server and server group.

        >>> Placed(("--flavor", "m1", "--hint", "same_host={vm1}"), "filters").arguments({"vm1": "8fd7"})
        ['--flavor', 'm1', '--hint', 'same_host=8fd7']
        """
        return [word.format_map(ids) for word in self.request]

    def agrees_with(self, answer: Mapping[str, Any]) -> bool:
        """Whether an answer, as `mitate placement --format json` writes it, has the verdict and the stage."""
        return answer.get("verdict") == "NO_HOST" and answer.get("stage") == self.stage

    def is_met_by(self, answer: Mapping[str, Any]) -> bool:
        """Whether it also names the one who refuses, or the failure that this is the echo of.

        >>> hosts = [{"host": "a", "rejected_by": "VCPU"}]
        >>> answer = {"verdict": "NO_HOST", "stage": "placement", "hosts": hosts}
        >>> Placed(("big",), "placement", "VCPU", at="a").is_met_by(answer)
        True
        >>> Placed(("big",), "placement", "MEMORY_MB").is_met_by(answer)
        False
        """
        cause = answer.get("first_cause") or {}
        hosts = [host for host in answer.get("hosts") or () if self.at in ("", host.get("host"))]
        return (
            self.agrees_with(answer)
            and cause.get("check", "") == self.first_cause
            and (not self.by or any(host.get("rejected_by") == self.by for host in hosts[:1]))
        )


@dataclass(frozen=True)
class Logged:
    """The failure that a fault leaves in the logs, and that must come first in `mitate logs errors`.

    project: whose code it is. file: of that code, "" when it may be any. says: what its template must
    contain. host: where it was logged, "" when it may be anywhere. Only what was logged since the fault was
    begun counts.
    """

    project: str
    file: str = ""
    says: str = ""
    host: str = ""

    @property
    def id(self) -> str:
        return self.file or self.project

    def is_met_by(self, group: Mapping[str, Any]) -> bool:
        """Whether a group, as `mitate logs errors --format json` writes it, is this one.

        >>> group = {"project": "nova", "template": "Cannot #", "host": "a", "origin": {"file": "nova/x.py"}}
        >>> Logged("nova", file="nova/x.py", says="Cannot").is_met_by(group)
        True
        >>> Logged("nova", host="b").is_met_by(group)
        False
        """
        origin = group.get("origin") or {}
        return (
            group.get("project") == self.project
            and self.file in ("", origin.get("file"))
            and self.says in f"{group.get('template')}\n{group.get('example')}"
            and self.host in ("", group.get("host"))
        )


@dataclass(frozen=True)
class Drifted:
    """The difference that a fault plants, and that must come first in `mitate drift`.

    check: what tells it. what: the option with its section, or the package. host: where it is so, and nowhere
    else. file, line: where it stands, and the whole line there; "" for what stands in no file.
    beside_healthy: whether it takes a recording of the healthy cloud to tell: no equal has it otherwise.
    """

    check: str
    what: str
    host: str
    file: str = ""
    line: str = ""
    beside_healthy: bool = False

    @property
    def id(self) -> str:
        return self.check

    def is_met_by(self, difference: Mapping[str, Any]) -> bool:
        """Whether a difference, as `mitate drift --format json` writes it, is this one. What it lacks is the
        line itself: `stands`, if somebody has looked.

        >>> expected = Drifted("option_unknown", "[a] b", "network", "/etc/x.ini", "b = 1")
        >>> told = {"check": "option_unknown", "what": "[a] b", "hosts": ["network"], "file": "/etc/x.ini"}
        >>> expected.is_met_by({**told, "line": 2})
        True
        >>> expected.is_met_by({**told, "line": 3, "stands": "c = 1"})
        False
        """
        return (
            difference.get("check") == self.check
            and difference.get("what") == self.what
            and difference.get("hosts") == [self.host]
            and (difference.get("file") or "") == self.file
            and bool(difference.get("line")) == bool(self.line)
            and difference.get("stands", self.line) == self.line
        )


Anything = Expected | Traced | Placed | Logged | Drifted
"""Whatever a fault expects."""
