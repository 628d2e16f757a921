"""Security groups as the API says them: is a packet to or from a port allowed?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.trace.packet import Packet, ip, network
from mitate.model.cloud import Port, SecurityGroupRule

_NUMBERS = {"1": "icmp", "6": "tcp", "17": "udp"}


class Groups:
    """The rules of all groups. With none told, nothing is known: every answer is None."""

    def __init__(self, rules: Sequence[SecurityGroupRule], ports: Sequence[Port]) -> None:
        self._rules: dict[tuple[str, str], list[SecurityGroupRule]] = defaultdict(list)
        for rule in rules:
            if rule.ethertype in ("IPv4", ""):
                self._rules[rule.group_id, rule.direction].append(rule)
        self._known = bool(rules)
        self._members: dict[str, set[str]] = defaultdict(set)
        for port in ports:
            for group in port.security_groups:
                self._members[group] |= {address for _, address in port.fixed_ips}
                self._members[group] |= {pair for pair, _ in port.allowed_pairs}

    def allows(self, port: Port, direction: str, packet: Packet) -> SecurityGroupRule | bool | None:
        """The rule that allows a new connection, True without port security, False when none does, None when
        nobody told. direction: ingress or egress, as seen from the port."""
        if port.security is False:
            return True
        if not self._known or port.security is None:
            return None
        far = packet.src if direction == "ingress" else packet.dst
        for group in port.security_groups:
            for rule in self._rules.get((group, direction), ()):
                if self._fits(rule, far, packet):
                    return rule
        return False

    def _fits(self, rule: SecurityGroupRule, far: int, packet: Packet) -> bool:
        proto = _NUMBERS.get(rule.protocol, rule.protocol)
        if proto not in ("", "any", "0", packet.proto):
            return False
        if rule.remote_prefix and not _inside(far, rule.remote_prefix):
            return False
        if rule.remote_group_id and ip(far) not in self._members.get(rule.remote_group_id, ()):
            return False
        if packet.proto == "icmp":
            kind = rule.port_min is None or rule.port_min == packet.icmp_type
            return kind and (rule.port_max is None or rule.port_max == packet.icmp_code)
        low, high = rule.port_min, rule.port_max
        return (low is None or packet.dport >= low) and (high is None or packet.dport <= high)


def _inside(address: int, cidr: str) -> bool:
    try:
        base, mask, _ = network(cidr)
    except ValueError:
        return False
    return address & mask == base
