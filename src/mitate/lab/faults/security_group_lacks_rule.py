"""The security group of the servers has no rule for what the client sends.

Web pages and ssh work; a ping is never answered. The rule that let ICMP in was deleted, and no error is
written anywhere: this is what a security group is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitate.lab.faults import Traced
from mitate.lab.faults._api import wait_healthy
from mitate.lab.faults._places import CLIENT
from mitate.lab.topology import FLOATING_IP

if TYPE_CHECKING:
    from mitate.lab import Lab

EXPECTED = Traced(CLIENT, FLOATING_IP, "SG_INGRESS_DENY", at="compute1")
_SET = """
group = conn.network.find_security_group("lab-sg", ignore_missing=False)
rules = list(conn.network.security_group_rules(security_group_id=group.id, protocol="icmp"))
wanted = %s
if wanted and not rules:
    conn.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="icmp", remote_ip_prefix="0.0.0.0/0"
    )
for rule in [] if wanted else rules:
    conn.network.delete_security_group_rule(rule)
"""


def break_(lab: Lab) -> None:
    lab.python(_SET % False)


def mend(lab: Lab) -> None:
    lab.python(_SET % True)
    wait_healthy(lab)
