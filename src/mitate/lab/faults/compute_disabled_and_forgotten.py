"""compute2 is disabled, and nobody remembers why.

All is well, but no new server ever comes to compute2, and compute1 fills up. The list of compute services
shows it as up, disabled, and without a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("compute_service_disabled", "service", "nova-compute", "compute2")
_SET = """
for service in conn.compute.services():
    if service.host == "compute2" and service.binary == "nova-compute":
        conn.compute.put(f"/os-services/{service.id}", json={"status": %r}, microversion="2.53")
"""


def break_(lab: Lab) -> None:
    lab.python(_SET % "disabled")


def mend(lab: Lab) -> None:
    lab.python(_SET % "enabled")
    wait_healthy(lab)
