"""A client holds on to the MAC address that the floating IP had before.

The floating IP moved to another router, and the client has not noticed: it keeps sending to a MAC address
that nobody has any more. Others reach the server, and every host of the cloud is well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import LIVE, Traced
from mitate.lab.faults._places import CLIENT
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "FIP_UPSTREAM_ARP_STALE", options=LIVE)
PING = "stale-ping"


def break_(lab: Lab) -> None:
    lab.sh(
        "client",
        f"set -e; ip neigh replace {FLOATING_IP} lladdr fa:16:3e:00:00:02 nud permanent dev eth0; "
        f"systemd-run --quiet --collect --unit={PING} ping -n -i 1 {FLOATING_IP}",
    )


def mend(lab: Lab) -> None:
    lab.sh(
        "client", f"systemctl stop {PING} 2>/dev/null; ip neigh del {FLOATING_IP} dev eth0 2>/dev/null || :"
    )
