"""An option was changed, and the service that reads it was not restarted.

Nothing happens, until the next restart, months later: then floating IPs stop working and nobody remembers
why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Drifted, Expected
from mitate.lab.faults._files import change, put_back

if TYPE_CHECKING:
    from mitate.lab import Lab

FILE = "/etc/neutron/l3_agent.ini"
LINE = "agent_mode = dvr_no_external"
# The only L3 agent has no equal; that its file is newer than it is told with no line.
EXPECTED = (
    Expected("config_newer_than_process", "agent", "L3 agent", "network"),
    Drifted("changed_since", "[DEFAULT] agent_mode", "network", FILE, LINE, beside_healthy=True),
)


def break_(lab: Lab) -> None:
    change(lab, "network", FILE, f"s/^agent_mode *=.*/{LINE}/")


def mend(lab: Lab) -> None:
    put_back(lab, "network", FILE)
