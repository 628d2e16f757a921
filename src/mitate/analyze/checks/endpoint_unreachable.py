from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.catalogue import fails, out_of_reach, wrong
from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.life import lives
from mitate.analyze.subjects import endpoint_subject
from mitate.analyze.words import listed
from mitate.model.cloud import Endpoint
from mitate.model.diagnosis import Severity, Subject
from mitate.model.host import Process, Socket

HOW = {
    "dns": "its name has no address",
    "refused": "nothing listens there",
    "timeout": "nothing comes back in time",
    "unreachable": "there is no way to that address",
    "tls": "no encrypted connection can be made",
    "http": "it answers with an error",
    "garbage": "something else answers there",
}


@check(Endpoint, Process, Socket, severity=Severity.CRITICAL, helps=2, symptom=True)
def endpoint_unreachable(
    endpoints: Sequence[Endpoint], processes: Sequence[Process], sockets: Sequence[Socket]
) -> Problems:
    """An API does not answer as it should at the address that the catalogue gives.

    What it means
        Everybody who needs that API fails: people, and the services that call it. Keystone comes first,
        for nobody else can answer a request without it.
    Why it happens
        The service is stopped or fails itself (an error 5xx: see its log), a proxy or its address is
        gone, a certificate has expired, or a network between here and there is cut. Where all endpoints
        of an interface fail in the same way and another interface answers, it is rather that this desk
        stands outside of it.
    Look again
        openstack endpoint list --service TYPE
        curl -v URL
    Fix
        Follow the cause that explains it; where none does, walk from here to there: name, address, port,
        certificate, proxy, service.
    """
    everything = lives(processes)
    outside = out_of_reach(endpoints)
    for interface, urls in outside.items():
        names = listed(sorted({url.service for url in urls}))
        public = interface == "public"
        yield Problem(
            subject=Subject("endpoint", f"*/{interface}", f"all {interface} endpoints"),
            says=f"No {interface} endpoint can be reached from here ({names}): {HOW[urls[0].reason]}; "
            + ("the address in front of them is gone, or " if public else "most likely ")
            + "this desk stands outside their network",
            seen=tuple(urls[:3]),
            severity=Severity.WARNING if public else Severity.INFO,
        )
    failing: dict[tuple[str, str], list[Endpoint]] = {}
    for url in endpoints:
        if (
            not fails(url)
            or url.interface in outside
            or wrong(url, endpoints, everything, processes, sockets)
        ):
            continue
        failing.setdefault((url.service, url.url.rstrip("/")), []).append(url)
    for same in failing.values():  # one URL is mostly all interfaces of a service, and fails once
        first = same[0]
        status = f" (HTTP {first.status})" if first.status else ""
        why = HOW[first.reason] + status
        if first.detail:
            why = first.detail if HOW[first.reason] in first.detail else f"{why}: {first.detail}"
        yield Problem(
            subject=endpoint_subject(first),
            says=f"The {listed([url.interface for url in same])} endpoint of {first.service} fails: {why}",
            seen=tuple(same),
            fix=(shell("curl", "-v", first.url),),
        )
