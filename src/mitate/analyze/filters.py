"""The packet filter of the iptables firewall drivers: the way of a port's frames through its chains.

The names are Neutron's (``neutron/agent/linux/iptables_firewall.py``): chains begin with the agent's name cut
to 16 characters, those of a port end with i (to it) or o (from it) and the first 10 characters of its id.
"""

from __future__ import annotations

from collections.abc import Iterable

from mitate.analyze.iptables import option
from mitate.model.cloud import Port
from mitate.model.net import IptablesChain, IptablesRule

PREFIXES = {"bridge": "neutron-linuxbri", "ovs": "neutron-openvswi"}
"""By binding:vif_type: the agent that filters such ports."""


class Filter:
    """The filter table of one host's own namespace."""

    def __init__(self, chain: IptablesChain) -> None:
        self.sample = chain
        self.policy = "ACCEPT"
        self._filled: set[str] = set()
        self._entered: set[str] = set()
        self._jumps: set[tuple[str, str, str, str]] = set()

    def add_chain(self, chain: IptablesChain) -> None:
        if chain.chain == "FORWARD":
            self.sample, self.policy = chain, chain.policy

    def add_rule(self, rule: IptablesRule) -> None:
        self._filled.add(rule.chain)
        if rule.chain == "FORWARD":
            self._entered.add(option(rule.rule, "-j"))
        elif rule.chain.endswith(("-FORWARD", "-sg-chain")):
            target = option(rule.rule, "-j")
            for side in ("--physdev-in", "--physdev-out"):
                if device := option(rule.rule, side):
                    self._jumps.add((rule.chain, side, device, target))

    def gap(self, port: Port) -> str:
        """Where a port's frames leave the way through its rules, in one clause; "" when they do not."""
        prefix, start = PREFIXES[port.vif_type], port.id[:10]
        forward, shared = f"{prefix}-FORWARD", f"{prefix}-sg-chain"
        if forward not in self._entered:
            return f"FORWARD does not jump to {forward}"
        for side, letter in (("--physdev-out", "i"), ("--physdev-in", "o")):
            own = f"{prefix}-{letter}{start}"
            if (forward, side, port.tap, shared) not in self._jumps:
                return f"{forward} does not jump to {shared} for it"
            if (shared, side, port.tap, own) not in self._jumps:
                return f"{shared} does not jump to {own}"
            if own not in self._filled:
                return f"{own} is empty"
        return ""


def filters(chains: Iterable[IptablesChain], rules: Iterable[IptablesRule]) -> dict[str, Filter]:
    """The filter tables that were seen, by host. A host whose tables could not be read has none."""
    found: dict[str, Filter] = {}
    for chain in chains:
        if chain.table == "filter" and not chain.namespace:
            found.setdefault(chain.source.host, Filter(chain)).add_chain(chain)
    for rule in rules:
        if rule.table == "filter" and not rule.namespace and rule.source.host in found:
            found[rule.source.host].add_rule(rule)
    return found
