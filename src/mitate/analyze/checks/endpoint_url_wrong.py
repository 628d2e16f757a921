from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.catalogue import fails, wrong
from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.life import lives
from mitate.analyze.subjects import endpoint_subject
from mitate.model.cloud import Endpoint
from mitate.model.diagnosis import Confidence, Severity
from mitate.model.host import Process, Socket

LIST = ("openstack", "endpoint", "list", "--service")


@check(Endpoint, Process, Socket, severity=Severity.CRITICAL, helps=2)
def endpoint_url_wrong(
    endpoints: Sequence[Endpoint], processes: Sequence[Process], sockets: Sequence[Socket]
) -> Problems:
    """The catalogue gives an address where the service is not.

    What it means
        Whoever uses that interface of the service fails, while the service itself runs and answers
        elsewhere. Public is what people and the command line use, internal what the services use among
        themselves.
    Why it happens
        A typing error in an endpoint (port, host name, path), a service that was moved, or an endpoint
        that was copied from another region.
    Look again
        openstack endpoint list --service TYPE
        curl -sS -o /dev/null -w '%{http_code}' URL
    Fix
        openstack endpoint set --url RIGHT-URL ENDPOINT-ID Services that have cached the catalogue learn
        of it with their next token.
    """
    everything = lives(processes)
    for endpoint in endpoints:
        found = wrong(endpoint, endpoints, everything, processes, sockets) if fails(endpoint) else None
        if found:
            why = endpoint.detail or endpoint.reason
            right = found.better or "RIGHT-URL"
            there = f"at {endpoint.url} {_none(endpoint)} ({why})"
            yield Problem(
                subject=endpoint_subject(endpoint),
                says=f"The catalogue's {endpoint.interface} URL of {endpoint.service} is wrong: {there}, "
                f"but {found.says}",
                seen=(endpoint, *found.seen),
                confidence=Confidence.CONFIRMED if found.sure else Confidence.INFERRED,
                fix=(
                    shell(*LIST, endpoint.service, "--interface", endpoint.interface),
                    shell("openstack", "endpoint", "set", "--url", right, "ENDPOINT-ID"),
                ),
            )


def _none(endpoint: Endpoint) -> str:
    return "is something else" if endpoint.reason in ("garbage", "http") else "nobody answers"
