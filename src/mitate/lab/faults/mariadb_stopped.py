"""MariaDB is stopped.

Nobody can log in, and every API answers with an error. Servers that run go on running.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._units import start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("service_process_stopped", "service", "mariadb", "controller")


def break_(lab: Lab) -> None:
    stop(lab, "controller", "mariadb")


def mend(lab: Lab) -> None:
    start(lab, "controller", "mariadb")
    wait_healthy(lab)
