from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.catalogue import authority, fails
from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.stopped import Row, alive, last_report
from mitate.analyze.subjects import host_subject
from mitate.analyze.words import listed
from mitate.model.cloud import ComputeService, Endpoint, NetworkAgent
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.host import HostContact
from mitate.model.source import Fact

HOW = {
    "dns": "its name has no address",
    "refused": "its ssh port is closed",
    "timeout": "it does not answer",
    "unreachable": "there is no way to it",
    "hung": "it accepts the connection and then hangs",
    "closed": "it closes every connection",
}
"""Other reasons (keys, passwords, sudo) say something of us: such a host is a gap, not a problem."""


@check(HostContact, NetworkAgent, ComputeService, Endpoint, severity=Severity.CRITICAL, helps=1)
def host_unreachable(
    contacts: Sequence[HostContact],
    agents: Sequence[NetworkAgent],
    services: Sequence[ComputeService],
    endpoints: Sequence[Endpoint],
) -> Problems:
    """A host is gone, or its management link is: it does not answer, and all that runs on it is dead.

    What it means
        Two ways to the host fail at once: ssh from here, and every report of its agents and services. Its
        servers may well go on running, when only the management network is cut.
    Why it happens
        The machine is off, hangs or has crashed, or its management interface, cable, switch port or VLAN
        is gone.
    Look again
        ping HOST; openstack network agent list --host HOST; openstack compute service list --host HOST
        the console or the management controller (BMC) of the machine
    Fix
        Bring the machine or its link back. Do not evacuate its servers before it is certain that they do
        not run: two copies on one volume destroy it.
    """
    for contact in contacts:
        if contact.reached or contact.reason not in HOW:
            continue
        rows: list[Row] = [agent for agent in agents if agent.host == contact.host]
        rows += [service for service in services if service.host == contact.host]
        urls = [url for url in endpoints if _is_on(url, contact.host)]
        if any(alive(row) for row in rows) or any(not fails(url) for url in urls) or not (rows or urls):
            continue
        detail = f" ({contact.detail})" if contact.detail else ""
        said = "all that it reports to OpenStack is overdue" if rows else "no API on it answers either"
        what = listed(sorted({row.binary for row in rows} or {url.service for url in urls}))
        seen: list[Fact] = [contact, *rows[:4], *urls[:2]]
        yield Problem(
            subject=host_subject(contact.host),
            says=f"{contact.host}, or its management link, is gone: {HOW[contact.reason]}{detail}, "
            f"and {said}: {what}",
            seen=tuple(seen),
            since=min((at for row in rows if (at := last_report(row))), default=None),
            confidence=Confidence.CONFIRMED if rows else Confidence.INFERRED,
            fix=(shell("ping", "-c", "3", contact.host),),
        )


def _is_on(endpoint: Endpoint, host: str) -> bool:
    """Whether its URL names that host, fully or by its first label."""
    name = authority(endpoint.url)[0]
    return bool(name) and host in (name, name.split(".")[0])
