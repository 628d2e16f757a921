from __future__ import annotations

import re
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import shell
from mitate.analyze.room import NO_CANDIDATES, got_no_host, tried
from mitate.analyze.subjects import server_subject
from mitate.analyze.words import listed, short
from mitate.model.cloud import Server
from mitate.model.diagnosis import Severity
from mitate.model.placement import SchedulingLine, ServerEvent, Stage
from mitate.model.source import Fact

STAGES: tuple[tuple[str, Stage, str], ...] = (
    (r"no such host", Stage.REQUEST, "the host it was asked for does not exist"),
    (r"scheduling failed:", Stage.REQUEST, "a request filter of the scheduler refused it"),
    (r"not mapped to any cell", Stage.CLAIM, "the host that was chosen belongs to no cell"),
    (r"exhausted all hosts|exceeded max", Stage.SPAWN, "hosts were chosen, and building it failed on each"),
    (
        r"not enough hosts available",
        Stage.FILTERS,
        "Placement had candidates, no host passed the filters or the claim",
    ),
    (NO_CANDIDATES.pattern, Stage.PLACEMENT, "Placement had no candidate"),
)
"""The words of Nova's fault, and where the request died by them (nova/scheduler/manager.py): the scheduler
gives no reason when Placement has no candidates, and one when its filters or claims leave none."""
NO_HOSTS_LEFT = re.compile(r"Filter (\w{1,100}) returned 0 hosts")


@check(Server, ServerEvent, SchedulingLine, severity=Severity.WARNING, symptom=True, helps=2)
def server_got_no_host(
    servers: Sequence[Server], events: Sequence[ServerEvent], lines: Sequence[SchedulingLine]
) -> Problems:
    """A server is in ERROR because it got no host.

    What it means
        The finding says how far its request came: refused before anybody looked for hosts (request), no
        compute with enough room, the right traits or in the right zone (placement), candidates that the
        scheduler's filters refused or that were taken away meanwhile (filters, claim), or hosts that were
        chosen and could not build it (spawn): then "no valid host" is only the echo of the first failure.
    Why it happens
        Another finding may say it: a flavour larger than every host, a zone without hosts, computes that
        are down or disabled, room held for nobody, a ratio that leaves nothing. Else ask for the details.
    Look again
        mitate placement SERVER                  # every host's reason, and the smallest change
        openstack server show SERVER -c fault
        openstack server event list SERVER
    Fix
        Mend what explains it, then delete the server and ask for it again: it does not start by itself.
    """
    for server in servers:
        if not got_no_host(server):
            continue
        words = " ".join(server.fault.split())
        stage, meaning = next(
            ((stage, meaning) for sign, stage, meaning in STAGES if re.search(sign, words, re.IGNORECASE)),
            (None, ""),
        )
        seen: list[Fact] = [server]
        requests = {each.request_id for each in events if each.server_id == server.id and each.request_id}
        failures = tried(server, events)
        if stage is Stage.SPAWN and failures:
            meaning += f" ({listed(sorted({each.host for each in failures}))})"
            seen += failures[:2]
        refused = next(
            (line for line in lines if line.request_id in requests and NO_HOSTS_LEFT.search(line.message)),
            None,
        )
        if stage is Stage.FILTERS and refused and (name := NO_HOSTS_LEFT.search(refused.message)):
            meaning = f"Placement had candidates, and {name[1]} left none of them"
            seen.append(refused)
        where = f"{meaning} (stage {stage}): " if stage else ""
        yield Problem(
            subject=server_subject(server),
            says=f"server {server.name} got no host: {where}{short(words, 200).rstrip('.')}",
            seen=tuple(seen),
            since=server.created_at,
            fix=(
                shell("mitate", "placement", server.id),
                shell("openstack", "server", "event", "list", server.id),
            ),
        )
