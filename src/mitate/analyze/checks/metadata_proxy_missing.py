from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import restart
from mitate.analyze.iptables import address, option
from mitate.analyze.proxies import proxies
from mitate.analyze.subjects import router_subject
from mitate.analyze.wiring import (
    Place,
    homes,
    is_distributed,
    is_ha,
    nothing,
    router_namespace,
    router_ports,
    settled,
    starting,
)
from mitate.model.cloud import Port, Router
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.host import Process
from mitate.model.net import Address, IptablesRule


@check(Router, Port, Address, IptablesRule, Process, severity=Severity.CRITICAL)
def metadata_proxy_missing(
    routers: Sequence[Router],
    ports: Sequence[Port],
    addresses: Sequence[Address],
    rules: Sequence[IptablesRule],
    processes: Sequence[Process],
) -> Problems:
    """A router sends metadata requests to its proxy, and no proxy runs for it.

    What it means
        The router's namespace redirects 169.254.169.254:80 to a haproxy of its own, which is gone: requests
        are refused. Servers that run notice nothing; a new one comes up without its name, its ssh keys and
        its user data, and cloud-init waits minutes for an answer.
    Why it happens
        haproxy was killed and the L3 agent has not looked yet (check_child_processes_interval, 60 s by
        default, never at 0), or it cannot be started: haproxy is not installed, or the agent is down.
    Look again
        pgrep -af ns-metadata-proxy/ROUTER_ID
        ip netns exec qrouter-ROUTER_ID ss -ltnp sport = :9697
        openstack console log show SERVER | grep -i metadata
    Fix
        Restart the L3 agent of that host: it starts the missing proxy; traffic goes on meanwhile.
    """
    alive = proxies(processes)
    # the redirection is there only where the agent was told to run proxies (enable_metadata_proxy)
    redirects = {(r.source.host, r.namespace): r for r in rules if r.table == "nat" and _redirects(r)}
    owned = router_ports(ports)
    looked = alive.seen.keys() - starting(processes, "neutron-l3-agent")
    places: dict[str, list[Place]] = defaultdict(list)
    for home in homes(routers, ports, redirects, addresses):
        places[home.router.id].append(home.place)
    by_namespace: dict[str, list[Place]] = defaultdict(list)
    for place in redirects:
        by_namespace[place[1]].append(place)
    for router in routers:
        here = owned.get(router.id, [])
        if is_distributed(router, here) and not is_ha(router, here) and router.admin_up:
            places[router.id] = by_namespace[router_namespace(router.id)]  # each of them has its proxy
        missing = [
            (host, namespace)
            for host, namespace in places[router.id]
            if host in looked and (host, router.id) not in alive.running and any(map(settled, here))
        ]
        if not missing:
            continue
        yield Problem(
            subject=router_subject(router),
            says=f"{router_subject(router).name} on {', '.join(sorted(host for host, _ in missing))} sends "
            f"metadata requests to a proxy that does not run: new servers get no name, no keys, no user data",
            seen=(
                *(redirects[place] for place in missing),
                *(
                    nothing(alive.seen[host], f"no process with ns-metadata-proxy/{router.id}")
                    for host, _ in missing
                ),
            ),
            confidence=Confidence.PROVED,
            fix=tuple(restart(host, None, "neutron-l3-agent") for host, _ in missing),
        )


def _redirects(rule: IptablesRule) -> bool:
    return "169.254.169.254" in rule.rule and (
        option(rule.rule, "-j") == "REDIRECT" and address(option(rule.rule, "-d")) == "169.254.169.254"
    )
