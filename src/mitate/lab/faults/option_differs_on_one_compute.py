"""An option differs on one of two computes that should be equal.

After a power cut the servers on compute2 stay off, while those on compute1 come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Drifted, Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._files import change, put_back
from mitate.lab.faults._units import restart

if TYPE_CHECKING:
    from mitate.lab import Lab

FILE = "/etc/nova/nova.conf"
OPTION = "resume_guests_state_on_host_boot"
LINE = f"{OPTION} = false"
EXPECTED = (
    Expected("option_differs_among_equals", "config", "[DEFAULT] of /etc/nova/nova.conf", "compute2"),
    Drifted("option_differs_among_equals", f"[DEFAULT] {OPTION}", "compute2", FILE, LINE),
)


def break_(lab: Lab) -> None:
    change(lab, "compute2", FILE, f"s/^{OPTION} *=.*/{LINE}/")
    restart(lab, "compute2", "nova-compute")
    wait_healthy(lab)


def mend(lab: Lab) -> None:
    put_back(lab, "compute2", FILE)
    restart(lab, "compute2", "nova-compute")
    wait_healthy(lab)
