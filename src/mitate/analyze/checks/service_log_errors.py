from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.life import is_agent
from mitate.analyze.subjects import agent_named, service_subject
from mitate.analyze.words import lasting, short
from mitate.model.diagnosis import Severity
from mitate.model.host import LogLine

OFTEN = 10
LASTING = timedelta(minutes=15)
WITHIN = timedelta(minutes=30)
VARIABLE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|req-\S+|0x[0-9a-f]+|\b[0-9a-f]{12,}\b|\d+")


@check(LogLine, severity=Severity.INFO, symptom=True)
def service_log_errors(logs: Sequence[LogLine]) -> Problems:
    """A service's log repeats the same error again and again.

    What it means
        Often nothing: healthy clouds log errors too. Beside another finding about the same service it may
        tell why; that is why it is shown, and never more than mentioned.
    Why it happens
        A task that runs every minute fails every minute, or something that the service needs is away.
    Look again
        the log itself, from its first such line on: what stands before it?
        mitate logs errors
    Fix
        Read the first occurrence, not the last.
    """
    groups: dict[tuple[str, str, str], list[LogLine]] = defaultdict(list)
    for line in logs:
        if line.level in ("ERROR", "CRITICAL") and line.at and line.source.at - line.at < WITHIN:
            text = VARIABLE.sub("#", short(line.message, 400))
            groups[line.source.host, line.service, text].append(line)
    worst: dict[tuple[str, str], list[LogLine]] = {}
    for (host, service, _), lines in groups.items():
        if len(lines) >= OFTEN and _goes_on(lines) and len(lines) > len(worst.get((host, service), ())):
            worst[host, service] = lines
    for (host, service), lines in worst.items():
        times = _times(lines)
        during = lasting(times[-1] - times[0])
        newest = max(lines, key=lambda line: line.at or line.source.at)
        subject = agent_named(service, host, {}) if is_agent(service) else service_subject(service, host)
        yield Problem(
            subject=subject,
            says=f"{subject.name} has logged the same error {len(lines)} times in {during}: "
            f"{short(newest.message)}",
            seen=(newest,),
            since=times[0],
        )


def _times(lines: Sequence[LogLine]) -> list[datetime]:
    return sorted(line.at for line in lines if line.at)


def _goes_on(lines: Sequence[LogLine]) -> bool:
    """Whether it has lasted, and its rhythm still holds: what comes in bursts is the echo of an outage."""
    times = _times(lines)
    if times[-1] - times[0] < LASTING:
        return False
    gaps = sorted(later - earlier for earlier, later in pairwise(times))
    beat = max(gaps[len(gaps) // 2], timedelta(seconds=5))
    return gaps[-1] <= 4 * beat and lines[0].source.at - times[-1] <= 2 * beat
