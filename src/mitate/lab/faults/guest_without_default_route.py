"""vm1 has no default route.

It answers everybody on its own network and nobody else: the request arrives, and the server does not know
where to send the reply. It is not even told to anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import LIVE, Traced
from mitate.lab.faults._guest import inside
from mitate.lab.faults._places import CLIENT
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "EP_NO_DEFAULT_ROUTE", at="compute1", options=LIVE)


def break_(lab: Lab) -> None:
    inside(lab, "vm1", "ip route del default")


def mend(lab: Lab) -> None:
    inside(lab, "vm1", "ip route replace default via 10.10.0.1 dev eth0")
