"""libvirtd on compute1 is stopped, and its sockets with it.

Servers that run go on running, and nova-compute still reports. But it has disabled itself, and nothing that
one asks of the servers there is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import ask, wait_healthy
from mitate.lab.faults._units import start, stop

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("service_process_stopped", "service", "libvirtd", "compute1")
UNITS = ("libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket", "libvirtd.service")
_DISABLED = """
import json
print(json.dumps([s.status == "disabled" for s in conn.compute.services() if s.host == "compute1"]))
"""


def break_(lab: Lab) -> None:
    stop(lab, "compute1", *UNITS)
    lab.wait(
        "nova-compute to disable itself",
        lambda: all(ask(lab, _DISABLED)),
        60,
        lambda: lab.sh("compute1", "tail -n 4 /var/log/nova/nova-compute.log"),
    )


def mend(lab: Lab) -> None:
    start(lab, "compute1", *UNITS)
    wait_healthy(lab)
