"""nova-compute on compute1 is frozen.

systemd calls it active and its log is silent. After a while the API says that it is down: no new server
comes to compute1, and what one asks of the servers there is never done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_dead, wait_healthy
from mitate.lab.faults._units import freeze, restart, thaw

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("service_process_frozen", "service", "nova-compute", "compute1")


def break_(lab: Lab) -> None:
    freeze(lab, "compute1", "nova-compute")
    wait_dead(lab, "nova-compute@compute1")


def mend(lab: Lab) -> None:
    thaw(lab, "compute1", "nova-compute")
    # libvirtd hangs up on a client that is silent for half a minute, and nova-compute may not get over that
    restart(lab, "compute1", "nova-compute")
    wait_healthy(lab)
