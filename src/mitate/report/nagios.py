"""The diagnosis as the output of a Nagios plugin: Nagios, Icinga, Naemon, Sensu and others read it.

One line with the state, the first cause and the performance data, then the long output. Rules: Nagios plugin
development guidelines. Nagios reads 8 KiB of it at most (MAX_PLUGIN_OUTPUT_LENGTH), so there is never more.
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.model.diagnosis import Diagnosis, Severity, State, count
from mitate.report import DEFAULTS, Options
from mitate.report.digest.groups import unseen
from mitate.report.digest.verdict import alarming, cost, headline, tally, verdict
from mitate.report.digest.words import clean, listing, place

OK, WARNING, CRITICAL, UNKNOWN = "OK", "WARNING", "CRITICAL", "UNKNOWN"
STATUS = {OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3}
"""The exit status of each state."""

SIZE = 8000
"""Bytes, below the 8192 that Nagios reads."""


def state(diagnosis: Diagnosis, fail_on: Severity = Severity.WARNING) -> str:
    """CRITICAL or WARNING as the worst finding that alarms; an alarm of a mere note is a WARNING."""
    match verdict(diagnosis, fail_on):
        case State.OK:
            return OK
        case State.UNKNOWN:
            return UNKNOWN
        case State.PROBLEM:
            return CRITICAL if diagnosis.problems(Severity.CRITICAL) else WARNING


def render(diagnosis: Diagnosis, options: Options = DEFAULTS) -> str:
    alarms = alarming(diagnosis, options.fail_on)
    said = clean(alarms[0].finding.says, 500) if alarms else headline(diagnosis, options.fail_on)
    first = f"MITATE {state(diagnosis, options.fail_on)} - {_plain(said)} | {_perfdata(diagnosis)}"
    text = first
    for line in _long(diagnosis, options):
        longer = f"{text}\n{_plain(line)}"
        if len(longer.encode()) > SIZE - 1:
            break
        text = longer
    return f"{text}\n"


def refusal(why: str) -> str:
    """What Nagios is told when nothing could be asked at all."""
    return f"MITATE {UNKNOWN} - {_plain(clean(why, 500))}\n"


def _perfdata(diagnosis: Diagnosis) -> str:
    findings = [finding for outcome in diagnosis.outcomes for finding in outcome.findings]
    values = {
        "causes": len(diagnosis.causes),
        **{severity.value: count(findings, severity) for severity in reversed(Severity)},
        "unknown": sum(bool(outcome.unknown_because) for outcome in diagnosis.outcomes),
        "checks": len(diagnosis.outcomes),
        "api_requests": diagnosis.api_requests,
        "hosts": diagnosis.hosts_asked,
    }
    return " ".join(
        [*(f"{name}={value};;;0" for name, value in values.items()), f"time={diagnosis.took_s:.3f}s;;;0"]
    )


def _long(diagnosis: Diagnosis, options: Options) -> Iterator[str]:
    yield f"cloud {clean(diagnosis.cloud, 60)}: {headline(diagnosis, options.fail_on)}"
    for cause in diagnosis.causes:
        also = f" (explains {len(cause.explains)} more)" if cause.explains else ""
        yield f"{cause.rank}. {cause.finding.severity.upper()}: {clean(cause.finding.says, 300)}{also}"
        if cause.remediation and cause.remediation.commands:
            yield f"   do next: {clean('; '.join(cause.remediation.commands), 300)}"
    for group in unseen(diagnosis):
        where = listing([place(name) for name in group.where])
        yield f"not seen: {where}: {listing(group.what)}: {clean(group.why)}"
    yield f"{tally(diagnosis)}; {cost(diagnosis)}"


def _plain(line: str) -> str:
    """A bar would begin the performance data."""
    return line.replace("|", "¦")
