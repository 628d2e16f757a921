"""Somebody has flushed the packet filter of compute1.

Everything works, and more than should: the rules of the security groups are in the API, and nothing of them
is in force for the servers on compute1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Expected
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._units import restart

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Expected("security_group_chains_missing", "host", "compute1", "compute1")


def break_(lab: Lab) -> None:
    lab.sh("compute1", "iptables -w -F && iptables -w -X")


def mend(lab: Lab) -> None:
    def there() -> bool:
        """The chains of a port begin with i, o and s after the agent's own prefix."""
        chains = lab.sh(
            "compute1", "iptables -w -S | grep -c '^-N neutron-linuxbri-[ios][0-9a-f]'", check=False
        )
        return int(chains) >= 3

    if not there():
        restart(lab, "compute1", "neutron-linuxbridge-agent")
    lab.wait("the chains of vm1's port", there, 90, lambda: lab.sh("compute1", "iptables -w -S", check=False))
    wait_healthy(lab)
