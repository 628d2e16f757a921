"""A client outside has the address that server vm2 has inside.

What it sends to the floating IP of vm1 arrives. The reply goes to vm2, which never asked for it; the client
waits in vain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._places import port
from mitate.lab.faults._stray import arrive, leave
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced("external:{vm2}", FLOATING_IP, "EP_DUP_IP", cured=False)


def break_(lab: Lab) -> None:
    arrive(lab, port(lab, "vm2").address)


def mend(lab: Lab) -> None:
    leave(lab)
