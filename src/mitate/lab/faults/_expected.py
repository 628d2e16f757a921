"""What must be found while a fault is in force: a finding of the check, or a reason of the trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
