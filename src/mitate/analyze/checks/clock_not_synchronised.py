from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.subjects import host_subject
from mitate.model.diagnosis import Severity
from mitate.model.host import TimeSync


@check(TimeSync, severity=Severity.WARNING)
def clock_not_synchronised(syncs: Sequence[TimeSync]) -> Problems:
    """Nobody keeps a host's clock right.

    What it means
        Nothing is wrong yet. The clock will drift away from the others', by seconds in a day; from then
        on heartbeats, tokens and logs do not fit together.
    Why it happens
        The time service runs but reaches none of its servers, or there is none at all (which is fine in a
        container, whose clock is its machine's: then this is only mentioned).
    Look again
        chronyc tracking; chronyc sources; timedatectl
    Fix
        Install chrony, name servers that the host reaches, and see that chronyc sources marks one with *.
    """
    by_host: dict[str, list[TimeSync]] = defaultdict(list)
    for sync in syncs:
        by_host[sync.source.host].append(sync)
    for host, found in by_host.items():
        if any(sync.synchronised for sync in found) or all(sync.synchronised is None for sync in found):
            continue
        daemon = next((sync.daemon for sync in found if sync.daemon), "")
        yield Problem(
            subject=host_subject(host),
            says=f"{daemon} runs on {host}, but has not synchronised the clock"
            if daemon
            else f"No time service runs on {host}",
            seen=tuple(found),
            severity=None if daemon else Severity.INFO,
            fix=(on(host, "chronyc", "sources"),) if daemon else (),
        )
