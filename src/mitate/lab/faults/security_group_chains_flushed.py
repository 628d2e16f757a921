"""Somebody has flushed the packet filter of compute1.

Everything works, and more than should: the rules of the security groups are in the API, and nothing of them
is in force for the servers on compute1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._kept import Kept

if TYPE_CHECKING:
    from mitate.lab import Lab

DRIVERS = ("linuxbridge",)
EXPECTED = Expected("security_group_chains_missing", "host", "compute1", "compute1")
# the chains of a port begin with i, o and s after the agent's own prefix
_CHAINS = "iptables -w -S | grep '^-N neutron-linuxbri-[ios][0-9a-f]'"


def break_(lab: Lab) -> None:
    _filter(lab).take_away()


def mend(lab: Lab) -> None:
    _filter(lab).put_back()


def _filter(lab: Lab) -> Kept:
    return Kept(
        lab,
        "the packet filter",
        "compute1",
        "neutron-linuxbridge-agent",
        is_there=lambda: len(lab.sh("compute1", _CHAINS, check=False).splitlines()) >= 3,
        remove=lambda: lab.sh("compute1", "iptables -w -F && iptables -w -X"),
    )
