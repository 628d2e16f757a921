"""An option is misspelt: the service takes its default, and says nothing.

Somebody wanted the L3 agent to leave routers without a gateway alone; it goes on setting them up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Drifted, Expected
from mitate.lab.faults._files import change, put_back
from mitate.lab.faults._kept import metadata_proxy

if TYPE_CHECKING:
    from mitate.lab import Lab

FILE = "/etc/neutron/l3_agent.ini"
OPTION = "handle_internal_only_router"  # it lacks its last letter
LINE = f"{OPTION} = false"
EXPECTED = (
    Expected("option_unknown", "config", "[DEFAULT] of /etc/neutron/l3_agent.ini", "network"),
    Drifted("option_unknown", f"[DEFAULT] {OPTION}", "network", FILE, LINE),
)


def break_(lab: Lab) -> None:
    change(lab, "network", FILE, f"s/^\\[DEFAULT\\]/&\\n{LINE}/")
    metadata_proxy(lab).restart_agent()


def mend(lab: Lab) -> None:
    put_back(lab, "network", FILE)
    metadata_proxy(lab).restart_agent()
