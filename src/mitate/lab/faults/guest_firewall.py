"""The guest of vm1 lets no ping in.

Its own firewall drops the request; web pages and ssh work. The packet is handed to the server, and nothing
comes out of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import LIVE, Traced
from mitate.lab.faults._guest import inside
from mitate.lab.faults._places import CLIENT
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "EP_GUEST_FIREWALL", at="compute1", options=LIVE)
# the guest's small system has no packet filter; from outside this is none the different
_IGNORES = "/proc/sys/net/ipv4/icmp_echo_ignore_all"


def break_(lab: Lab) -> None:
    inside(lab, "vm1", f"echo 1 >{_IGNORES}")


def mend(lab: Lab) -> None:
    inside(lab, "vm1", f"echo 0 >{_IGNORES}")
