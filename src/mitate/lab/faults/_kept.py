"""What an agent looks after: taken away from it, and put back by it.

An agent that was restarted a moment ago, or has just heard the broker again, goes through all that it looks
after and puts back what is missing. A fault that it mends at once would be none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._units import restart, shown

if TYPE_CHECKING:
    from mitate.lab import Lab

_LOOKS = 4
_WITHIN_S = 90
_FIRST_S = 63


@dataclass(frozen=True)
class Kept:
    """A thing on a host. unit: the agent that makes it when it starts and finds it missing."""

    lab: Lab
    what: str
    host: str
    unit: str
    is_there: Callable[[], bool]
    remove: Callable[[], object]

    def take_away(self) -> None:
        """Remove it, again if need be, until it stays away for a few looks."""
        gone = 0

        def stays_away() -> bool:
            nonlocal gone
            if self.is_there():
                self.remove()
                gone = 0
            gone += 1
            return gone >= _LOOKS

        self.lab.wait(f"{self.what} to stay away", stays_away, _WITHIN_S, self._journal)

    def wait_no_newcomer(self) -> None:
        """Wait until the agent has run for a minute: what it lacks before counts as on its way."""

        def has_run_long() -> bool:
            since = int(shown(self.lab, self.host, self.unit, "ActiveEnterTimestampMonotonic")) / 1e6
            return time.monotonic() - since > _FIRST_S

        self.lab.wait(f"{self.unit} to have run for a minute", has_run_long, _WITHIN_S, self._journal)

    def put_back(self) -> None:
        """Have the agent make it again, and wait for a healthy cloud."""
        if not self.is_there():
            restart(self.lab, self.host, self.unit)
        self._wait_back()

    def restart_agent(self) -> None:
        """Start the agent anew, and wait until it has put back what went down with it."""
        restart(self.lab, self.host, self.unit)
        self._wait_back()

    def _wait_back(self) -> None:
        self.lab.wait(self.what, self.is_there, _WITHIN_S, self._journal)
        wait_healthy(self.lab)

    def _journal(self) -> str:
        return self.lab.sh(self.host, f"tail -n 6 /var/log/neutron/{self.unit}.log", check=False)


def process(lab: Lab, command: str, of: str, host: str, unit: str, pid_file: str) -> Kept:
    """A process that an agent has started, and whose number it keeps in a file."""
    return Kept(
        lab,
        f"{command} of {of}",
        host,
        unit,
        is_there=lambda: command in lab.sh(host, f'ps -o comm= -p "$(cat {pid_file})"', check=False),
        remove=lambda: lab.sh(host, f'kill -9 "$(cat {pid_file})"'),
    )


def metadata_proxy(lab: Lab) -> Kept:
    """That of router1: the last that the L3 agent puts back when it starts."""
    code = 'print(conn.network.find_router("router1", ignore_missing=False).id)'
    pid_file = f"/var/lib/neutron/external/pids/{lab.python(code).strip()}.pid.haproxy"
    return process(lab, "haproxy", "router1", "network", "neutron-l3-agent", pid_file)
