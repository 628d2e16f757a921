from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.silence import skew_s
from mitate.analyze.subjects import host_subject
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigOption, HostContact, HostIdentity

NOTICEABLE_S = 5.0
DOWN_TIMES = ("service_down_time", "agent_down_time")
DEFAULT_DOWN_S = 60.0
"""Nova's default service_down_time; Neutron's agent_down_time is 75 s."""


@check(HostIdentity, ConfigOption, HostContact, severity=Severity.WARNING, helps=2)
def clock_skewed(
    identities: Sequence[HostIdentity], options: Sequence[ConfigOption], contacts: Sequence[HostContact]
) -> Problems:
    """A host's clock differs from those of the others.

    What it means
        From a few seconds on, logs of several hosts cannot be read side by side, and tokens look not yet
        valid. Beyond service_down_time, agents and services look dead though they report, or alive though
        they are gone.
    Why it happens
        No time service runs, it does not reach its servers, or the machine was suspended or restored from
        a snapshot.
    Look again
        for h in HOSTS; do ssh $h date +%s.%N; done; chronyc tracking
    Fix
        Start a time service everywhere against the same servers; chronyc makestep sets the clock at once.
        Restart the agents of that host when it jumped far.
    """
    limits = [
        float(o.value) for o in options if o.name in DOWN_TIMES and o.value.isdecimal() and int(o.value) > 0
    ]
    limit = min(limits, default=DEFAULT_DOWN_S)
    skews = skew_s(identities)
    took = {contact.host: contact.took_s for contact in contacts}  # a slow answer looks like a fast clock
    told = set()
    for identity in identities:
        host = identity.source.host
        off = skews.get(host, 0.0)
        if abs(off) <= NOTICEABLE_S + took.get(host, 0.0) or host in told:
            continue
        told.add(host)
        grave = abs(off) > limit
        effect = "its heartbeats cannot be trusted" if grave else "its logs and tokens do not fit the others'"
        yield Problem(
            subject=host_subject(host),
            says=f"The clock of {host} is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'}: {effect}",
            seen=(identity,),
            severity=Severity.CRITICAL if grave else None,
            fix=(on(host, "chronyc", "makestep"),),
        )
