"""Keystone is stopped.

Nobody can log in: every command ends with a refused connection to the auth URL. Servers that run go on
running.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._units import start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("service_process_stopped", "service", "keystone", "controller")


def break_(lab: Lab) -> None:
    stop(lab, "controller", "keystone")


def mend(lab: Lab) -> None:
    start(lab, "controller", "keystone")
    wait_healthy(lab)
