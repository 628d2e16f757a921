"""What the logs of Nova's scheduler, conductors and computes hold of one request, of any level.

>>> from mitate.collect.sources._sample import told
>>> told(scheduling, "zone\\t+0000\\nfile\\t/var/log/nova/nova-scheduler.log\\n"
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


@source(
    HostQuestion(
        name="scheduling",
        slots=(("request", "request"),),
        script=script('-F -e "$request"', FILES, "-7d", 1000),
        asked="grep REQUEST /var/log/nova/nova-*.log",
        limit=2_000_000,
        timeout_s=20,
        slow=True,
    ),
    SchedulingLine,
)
def scheduling(answer: Answer) -> Iterator[SchedulingLine]:
    yield from lines_of(answer)
