"""nova-conductor called a compute that did not answer: the live migration of a server was given up.

nova-compute on compute2 stood still while it was asked, and works again now. All that is left is what the
logs say: whoever asked has waited in vain, and for whom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Logged
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._files import change, put_back
from mitate.lab.faults._units import freeze, restart, thaw

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Logged("nova", says="compute2", host="controller")
FILE = "/etc/nova/nova.conf"
LOG = "/var/log/nova/nova-conductor.log"
# By a plain call: 2.34 answers at once, and up to 2.67 `force` passes over the scheduler, which would look
# for another host and say nothing of this one.
_MIGRATE = """
server = conn.compute.find_server("vm1", ignore_missing=False)
wanted = {"host": "compute2", "block_migration": "auto", "force": True}
said = conn.compute.post(f"/servers/{server.id}/action", json={"os-migrateLive": wanted}, microversion="2.34")
if said.status_code != 202:
    raise SystemExit(said.text[:400])
"""
_FAILED = f"grep -ac 'Timeout while checking if we can live migrate to host: compute2' {LOG}"
_PATIENCE = (
    "s/^rpc_response_timeout *=.*/rpc_response_timeout = 10/;"
    "s/^service_down_time *=.*/service_down_time = 60/"
)
"""So long this conductor waits for an answer, lest the exam wait for the usual minute; and so long it takes a
compute that is silent for one that is up, and asks it."""
_WAIT_S = 60


def break_(lab: Lab) -> None:
    before = lab.sh("controller", _FAILED, check=False)
    change(lab, "controller", FILE, _PATIENCE)
    restart(lab, "controller", "nova-conductor")
    freeze(lab, "compute2", "nova-compute")
    try:
        lab.python(_MIGRATE)
        lab.wait(
            "the migration to fail",
            lambda: lab.sh("controller", _FAILED, check=False) != before,
            _WAIT_S,
            lambda: lab.sh("controller", f"tail -n 5 {LOG}"),
        )
    finally:
        thaw(lab, "compute2", "nova-compute")
        put_back(lab, "controller", FILE)  # the conductor has read it
    wait_healthy(lab)


def mend(lab: Lab) -> None:
    thaw(lab, "compute2", "nova-compute")
    put_back(lab, "controller", FILE)
    restart(lab, "controller", "nova-conductor")
    wait_healthy(lab)
