"""A flavour is larger than any host.

A server of it ends in ERROR with "no valid host was found" and no further reason, although the hosts are
nearly empty and the quota allows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import create_server, delete_servers, wait_healthy

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("flavor_fits_no_host", "flavor", "m1.vast")
FLAVOR = "m1.vast"
SERVER = "vast"
_ALLOW = f"""
unlimited = {{"quota_set": {{"ram": -1, "cores": -1}}}}
conn.compute.put(f"/os-quota-sets/{{conn.current_project_id}}", json=unlimited)
if not conn.compute.find_flavor({FLAVOR!r}):
    conn.compute.create_flavor(name={FLAVOR!r}, ram=4 * 1024 * 1024, vcpus=256, disk=0)
"""
_FORBID = f"""
flavor = conn.compute.find_flavor({FLAVOR!r})
if flavor:
    conn.compute.delete_flavor(flavor.id)
conn.compute.delete(f"/os-quota-sets/{{conn.current_project_id}}")
"""


def break_(lab: Lab) -> None:
    lab.python(_ALLOW)
    create_server(lab, SERVER, flavor=FLAVOR, until=["ERROR"])


def mend(lab: Lab) -> None:
    delete_servers(lab, SERVER)
    lab.python(_FORBID)
    wait_healthy(lab)
