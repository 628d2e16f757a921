from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.filters import PREFIXES, filters
from mitate.analyze.fixes import restart
from mitate.analyze.subjects import host_subject
from mitate.analyze.wiring import nothing, settled
from mitate.model.cloud import Port
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.host import ConfigOption
from mitate.model.net import IptablesChain, IptablesRule, Link

AGENTS = {"bridge": "neutron-linuxbridge-agent", "ovs": "neutron-openvswitch-agent"}
NAMED = 5


@check(Port, Link, IptablesChain, IptablesRule, ConfigOption, severity=Severity.CRITICAL, helps=1)
def security_group_chains_missing(
    ports: Sequence[Port],
    links: Sequence[Link],
    chains: Sequence[IptablesChain],
    rules: Sequence[IptablesRule],
    options: Sequence[ConfigOption],
) -> Problems:
    """Security groups are in the API, and the host's packet filter lacks the chains that carry them out.

    What it means
        With the iptables firewall drivers each port has its chains on its host, and FORWARD leads there.
        Where they are missing everything is let through (policy ACCEPT: the servers are open to anybody,
        spoofing included) or nothing is (policy DROP).
    Why it happens
        Something flushed or reloaded the filter: iptables -F, iptables-restore, a firewall service, a
        configuration management run, Docker. The L2 agent does not look again unless something changes.
    Look again
        iptables -S FORWARD
        iptables -S | grep tapXXXXXXXXXXX       # the first 11 characters of the port's id
        iptables -S neutron-linuxbri-iXXXXXXXXXX    # 10 characters; neutron-openvswi-… with Open vSwitch
    Fix
        Restart the L2 agent of that host: it writes all chains anew. Then find out who flushed them.
    """
    tables = filters(chains, rules)
    taps = {(link.source.host, link.name): link for link in links if not link.namespace}
    drivers = _drivers(options)
    managed = _managed(chains)
    open_ports: dict[str, list[tuple[Port, str]]] = defaultdict(list)
    for port in ports:
        if (
            port.host in tables
            and port.security
            and port.vif_type in PREFIXES
            and not port.device_owner.startswith("network:")
            and (port.host, port.tap) in taps
            and settled(port)
            and _filtered(port, drivers, managed)
            and (gap := tables[port.host].gap(port))
        ):
            open_ports[port.host].append((port, gap))
    for host, found in open_ports.items():
        table, number = tables[host], len(found)
        noun = "port" if number == 1 else "ports"
        closed = table.policy == "DROP"
        names = ", ".join(port.fixed_ips[0][1] if port.fixed_ips else port.id for port, _ in found[:NAMED])
        more = f" and {number - NAMED} more" if number > NAMED else ""
        yield Problem(
            subject=host_subject(host),
            says=f"the security groups of {number} {noun} are not in force on {host} "
            f"({names}{more}): {'all traffic is dropped' if closed else 'all traffic is let through'}",
            seen=(
                *(port for port, _ in found[:NAMED]),
                *(nothing(table.sample, f"{port.tap}: {gap}") for port, gap in found[:NAMED]),
            ),
            confidence=Confidence.PROVED,
            fix=(restart(host, None, AGENTS[found[0][0].vif_type]),),
        )


def _drivers(options: Sequence[ConfigOption]) -> Mapping[tuple[str, str], str]:
    """(host, agent) → its firewall driver as configured; "off" where security groups are switched off."""
    found: dict[tuple[str, str], str] = {}
    for option in options:
        if option.service not in AGENTS.values() or option.section.lower() != "securitygroup":
            continue
        key = (option.source.host, option.service)
        if option.name == "enable_security_group" and option.value.lower() in ("false", "0", "no", "off"):
            found[key] = "off"
        elif option.name == "firewall_driver" and found.get(key) != "off":
            found[key] = option.value.lower()
    return found


def _managed(chains: Sequence[IptablesChain]) -> set[tuple[str, str]]:
    """(host, prefix) where any table still holds chains of that agent's packet filter."""
    prefixes = tuple(PREFIXES.values())
    return {
        (chain.source.host, chain.chain[:16])
        for chain in chains
        if not chain.namespace and chain.chain.startswith(prefixes)
    }


def _filtered(port: Port, drivers: Mapping[tuple[str, str], str], managed: set[tuple[str, str]]) -> bool:
    """Whether the agent of that port filters with iptables: by its configuration, else by its traces.

    Open vSwitch's own firewall leaves the traces of an earlier driver behind, so there traces prove nothing.
    """
    driver = drivers.get((port.host, AGENTS[port.vif_type]))
    if driver is not None:
        return "iptables" in driver
    return port.vif_type == "bridge" and (port.host, PREFIXES["bridge"]) in managed
