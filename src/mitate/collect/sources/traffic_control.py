"""Which interfaces of a host have tc programs or filters on them: what these do is not modelled, and is said.

>>> from mitate.collect.sources._sample import told
>>> told(traffic_control, '''[{"kind":"noqueue","handle":"0:","dev":"lo","root":true},
... {"kind":"clsact","handle":"ffff:","dev":"tapdece6489-0c","parent":"ffff:fff1","options":{}}]
... '''.replace(",\\n", ","), "compute1")
TrafficControl link=tapdece6489-0c kind=clsact
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._json import records
from mitate.collect.sources._text import few
from mitate.model.net import TrafficControl

FILTERING = ("clsact", "ingress")
"""Queueing disciplines that only exist to hang filters and programs on."""


@source(
    HostQuestion(
        name="traffic_control",
        script="export LC_ALL=C\nexec tc -j qdisc show\n",
        asked="tc -j qdisc show",
        limit=8_000_000,
    ),
    TrafficControl,
)
def traffic_control(answer: Answer) -> Iterator[TrafficControl]:
    for row in few(records(answer.text or "[]")):
        if row.text("kind") in FILTERING:
            yield TrafficControl(
                source=answer.source, namespace="", link=row.must("dev"), kind=row.text("kind")
            )
