"""vm1 uses a second address that its port does not have.

Somebody has added it in the guest, for a virtual address that is to move between servers. Port security
knows nothing of it and drops whatever is sent from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._guest import inside
from mitate.lab.faults._places import CLIENT
from mitate.lab.faults._stray import SECOND, must_be_unused

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(
    *("vm1", CLIENT, "PS_IP_SPOOF", "compute1"), options=("--source-address", SECOND), cured=False
)


def break_(lab: Lab) -> None:
    must_be_unused(lab, SECOND)
    inside(lab, "vm1", f"ip addr show dev eth0 | grep -q {SECOND} || ip addr add {SECOND}/32 dev eth0")


def mend(lab: Lab) -> None:
    inside(lab, "vm1", f"ip addr del {SECOND}/32 dev eth0", check=False)
