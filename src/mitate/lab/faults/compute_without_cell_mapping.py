"""A new compute host was never mapped to its cell.

Its service reports and is up, Placement offers its room, and the scheduler chooses it. Then the server is in
ERROR: "Host 'compute2' is not mapped to any cell". The list of hypervisors does not show the host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected, Placed
from mitate.lab.faults._api import delete_servers, wait_healthy
from mitate.lab.faults._asked import Asked, request
from mitate.lab.faults._files import change, put_back
from mitate.lab.faults._providers import drop_trait, make_trait
from mitate.lab.faults._room import forget, make_flavor
from mitate.lab.faults._units import restart

if TYPE_CHECKING:
    from mitate.lab import Lab

HOST = "compute2"
TRAIT = "CUSTOM_NEW_HOST"
ASKED = Asked("pioneer", flavor="m1.new")
FILE, UNITS = "/etc/nova/nova.conf", ("nova-scheduler", "nova-conductor", "nova-api")
EXPECTED = (
    Expected("compute_not_mapped_to_cell", "service", "nova-compute", HOST),
    Placed(
        (ASKED.name,),
        "claim",
        first_cause="compute_not_mapped_to_cell",
        change="discover_hosts",
        changed=ASKED,
    ),
)
_UNMAP = f"""
mysql nova_api -e "DELETE FROM host_mappings WHERE host = '{HOST}'"
mysql nova -e "UPDATE compute_nodes SET mapped = 0 WHERE host = '{HOST}'"
"""


def break_(lab: Lab) -> None:
    """As after an installation: nobody looks for new hosts, and no service remembers this one."""
    change(
        lab,
        "controller",
        FILE,
        "s/^discover_hosts_in_cells_interval.*/discover_hosts_in_cells_interval = -1/",
    )
    make_trait(lab, TRAIT, HOST)
    make_flavor(lab, ASKED.flavor, properties={f"trait:{TRAIT}": "required"})
    restart(lab, "controller", UNITS[0])
    lab.sh("controller", _UNMAP)
    for unit in UNITS:
        restart(lab, "controller", unit)
    request(lab, ASKED)


def mend(lab: Lab) -> None:
    put_back(lab, "controller", FILE)
    lab.sh("controller", "su -s /bin/sh nova -c 'nova-manage cell_v2 discover_hosts'", timeout=120)
    for unit in UNITS:
        restart(lab, "controller", unit)
    delete_servers(lab, ASKED.name)
    forget(lab, flavors=(ASKED.flavor,))
    drop_trait(lab, TRAIT)
    wait_healthy(lab)
