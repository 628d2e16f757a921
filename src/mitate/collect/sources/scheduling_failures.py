"""The last times that Nova's scheduler or a conductor found no host: which filter, out of how many.

>>> from mitate.collect.sources._sample import told
>>> told(scheduling_failures, "zone\\t+0000\\nfile\\t/var/log/nova/nova-scheduler.log\\n"
...     "2026-11-22 15:32:36.1\\tINFO\\tnova.filters\\treq-1\\tFilter ComputeFilter returned 0 hosts\\n")
SchedulingLine service=nova-scheduler file=/var/log/nova/nova-scheduler.log \
at=2026-11-22 15:32:36.100000+00:00 level=INFO logger=nova.filters request_id=req-1 \
message=Filter ComputeFilter returned 0 hosts
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._scheduling import FILES, lines_of, script
from mitate.model.placement import SchedulingLine

WORDS = (
    "Filtering removed all hosts|returned 0 host|Got no allocation candidates|No valid host|NoValidHost|"
    "MaxRetriesExceeded|Exceeded max scheduling attempts|Exhausted all hosts|Build of instance"
)


@source(
    HostQuestion(
        name="scheduling_failures",
        script=script(f"-E '{WORDS}'", FILES, "-1d", 200),
        asked=f"grep -E '{WORDS}' /var/log/nova/nova-*.log",
        limit=2_000_000,
        timeout_s=15,
        slow=True,
    ),
    SchedulingLine,
)
def scheduling_failures(answer: Answer) -> Iterator[SchedulingLine]:
    yield from lines_of(answer)
