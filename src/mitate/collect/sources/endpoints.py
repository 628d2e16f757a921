"""The URLs of the catalogue, each tried from the desk by the transport itself.

>>> from mitate.collect.sources._sample import told
>>> told(endpoints, '''[{"service": "compute", "interface": "public", "region": "RegionOne",
...     "url": "http://controller:8774/v2.1", "status": 200, "took_s": 0.012},
...     {"service": "network", "interface": "public", "region": "RegionOne",
...     "url": "http://controller:9969", "reason": "refused", "detail": "Connection refused"}]''', "api")
Endpoint service=compute interface=public region=RegionOne url=http://controller:8774/v2.1 status=200 \
took_s=0.012
Endpoint service=network interface=public region=RegionOne url=http://controller:9969 reason=refused \
detail=Connection refused took_s=0.0
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import Endpoint


@source(
    ApiQuestion(
        name="endpoints",
        service="",
        path="endpoints",
        key="endpoints",
        keep=("service", "interface", "region", "url", "status", "reason", "detail", "took_s"),
    ),
    Endpoint,
)
def endpoints(answer: Answer) -> Iterator[Endpoint]:
    for row in records(answer.text):
        took = row.get("took_s")
        status = row.number("status")
        reason = row.text("reason")
        if status is None and not reason:
            raise ValueError(f"{row.text('url')[:80]}: neither a status nor a reason why there is none")
        yield Endpoint(
            source=answer.source,
            service=row.must("service"),
            interface=row.text("interface"),
            region=row.text("region"),
            url=row.must("url"),
            status=status,
            reason=reason,
            detail=row.text("detail"),
            took_s=float(took) if isinstance(took, int | float) and abs(took) < 1e9 else 0.0,
        )
