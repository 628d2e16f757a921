from __future__ import annotations

import re
from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.life import is_agent
from mitate.analyze.subjects import agent_named, service_subject
from mitate.model.diagnosis import Severity
from mitate.model.host import LogFile, OpenLog

_ROTATED = re.compile(r"(\.log)[.-]\d+$")
"""As logrotate names what it has moved away: by number, or by date (``dateext``)."""


@check(OpenLog, LogFile, severity=Severity.WARNING, helps=1)
def log_stopped_growing(opened: Sequence[OpenLog], files: Sequence[LogFile]) -> Problems:
    """A service's log does not grow any more: it writes into a file that was moved away or deleted.

    What it means
        The service works on, and writes its log where nobody looks. Whatever happens from then on cannot be
        found in its log, and gathered logs (Fluentd, Filebeat) miss it as well. The room of a deleted file is
        not given back before the service closes it.
    Why it happens
        The log was rotated or removed by hand, or by a logrotate rule that neither copies (copytruncate)
        nor tells the service, and the service was started without watch_log_file.
    Look again
        ls -l /proc/PID/fd | grep log
        stat LOG
    Fix
        Restart the service; then let logrotate use copytruncate, or set watch_log_file in its configuration.
    """
    told: set[tuple[str, str]] = set()
    for log in opened:
        now = _ROTATED.sub(r"\1", log.file)
        host = log.source.host
        if not (log.deleted or now != log.file) or (host, now) in told:
            continue
        if any((other.source.host, other.file, other.deleted) == (host, now, False) for other in opened):
            continue  # it has the new one open, too
        told.add((host, now))
        there = [file for file in files if file.source.host == host and file.file == now]
        subject = (
            agent_named(log.service, host, {})
            if is_agent(log.service)
            else service_subject(log.service, host)
        )
        what = "was deleted" if log.deleted else f"is called {log.file} now"
        yield Problem(
            subject=subject,
            says=f"{subject.name} writes its log into a file that {what}: {now} does not grow any more",
            seen=(log, *there[:1]),
            since=there[0].written_at if there else None,
            fix=(on(host, "ls", "-l", f"/proc/{log.pid}/fd"),),
        )
