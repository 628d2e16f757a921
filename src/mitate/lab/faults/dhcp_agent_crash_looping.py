"""The DHCP agent cannot read an option, ends, and is started again, and again.

Servers keep their addresses, but a new one gets none. systemd shows the agent as active whenever one happens
to look while it starts; its log ends with a traceback about an option's value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_dead, wait_healthy
from mitate.lab.faults._files import change, put_back
from mitate.lab.faults._units import restart, shown

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("agent_crash_looping", "agent", "DHCP agent", "network")
UNIT = "neutron-dhcp-agent"
FILE = "/etc/neutron/dhcp_agent.ini"


def break_(lab: Lab) -> None:
    change(lab, "network", FILE, r"/^resync_interval/d; s/^\[DEFAULT\]$/&\nresync_interval = 5s/")
    restart(lab, "network", UNIT)

    def restarted() -> bool:
        failed = shown(lab, "network", UNIT, "ActiveState") == "failed"
        return failed or int(shown(lab, "network", UNIT, "NRestarts") or 0) > 2

    lab.wait("systemd to restart the agent a few times", restarted, 180, lambda: _journal(lab))
    wait_dead(lab, f"{UNIT}@network")


def mend(lab: Lab) -> None:
    put_back(lab, "network", FILE)
    restart(lab, "network", UNIT)
    wait_healthy(lab)


def _journal(lab: Lab) -> str:
    return lab.sh("network", f"journalctl --no-pager -n 8 -u {UNIT}")
