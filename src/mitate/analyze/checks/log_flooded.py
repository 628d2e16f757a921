from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.life import is_agent
from mitate.analyze.subjects import agent_named, service_subject
from mitate.analyze.words import short
from mitate.model.diagnosis import Severity
from mitate.model.host import LogFile, LogLine

LARGE = 256 << 20
"""Bytes. A log this large is nothing by itself: some are never rotated."""
LINES, SHARE = 100, 0.9
"""Of the last lines at WARNING or above (200 at most), how many there must be, and how many must be the
same."""
WITHIN = timedelta(minutes=2)
"""A hundred lines of one error in less time than this are a flood; in more, a task that fails again and
again."""
RECENT = timedelta(hours=1)
_VARIABLE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|req-\S+|0x[0-9a-f]+|\b[0-9a-f]{12,}\b|\d+")


@check(LogFile, LogLine, severity=Severity.WARNING)
def log_flooded(files: Sequence[LogFile], lines: Sequence[LogLine]) -> Problems:
    """A service's log is flooded with one error.

    What it means
        It writes the same error many times a second, and has written hundreds of megabytes. The file system
        fills up, what else the log holds is hard to find and soon rotated away, and the service itself is
        busy with nothing but writing.
    Why it happens
        It tries something again without waiting, that cannot succeed: a broker or database that is away, a
        file or port that it may not use, a resource that exists no more.
    Look again
        tail -n 1 LOG; ls -l LOG
        mitate logs errors
    Fix
        Mend what the error says. The file is then rotated or emptied (truncate -s 0 LOG), not deleted: the
        service has it open.
    """
    by_file: dict[tuple[str, str], list[LogLine]] = defaultdict(list)
    for line in lines:
        by_file[line.source.host, line.file].append(line)
    for file in files:
        host = file.source.host
        same = _flood(by_file.get((host, file.file), ()))
        if file.size_bytes < LARGE or not same or file.source.at - file.written_at > RECENT:
            continue
        times = [line.at for line in same if line.at]
        subject = (
            agent_named(file.service, host, {})
            if is_agent(file.service)
            else service_subject(file.service, host)
        )
        yield Problem(
            subject=subject,
            says=f"the log of {subject.name} is flooded: {file.file} has {file.size_bytes / 1e9:.1f} GB, and "
            f"{len(same)} of its last lines are one error: {short(same[-1].message)}",
            seen=(file, same[-1]),
            since=min(times),
            fix=(on(host, "tail", "-n", "1", file.file),),
        )


def _flood(lines: Sequence[LogLine]) -> list[LogLine]:
    """Those lines that are the same error, if they are a flood; else none."""
    kinds = Counter(_kind(line) for line in lines)
    kind, count = kinds.most_common(1)[0] if kinds else (("", ""), 0)
    same = [line for line in lines if _kind(line) == kind]
    times = [line.at for line in same if line.at]
    is_flood = count >= max(LINES, SHARE * len(lines)) and times and max(times) - min(times) <= WITHIN
    return same if is_flood else []


def _kind(line: LogLine) -> tuple[str, str]:
    return line.logger, _VARIABLE.sub("#", short(line.message, 400))
