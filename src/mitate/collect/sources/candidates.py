"""What Placement says to one request for a host: the roots of the trees that could take it, or its refusal.

>>> from mitate.collect.sources._sample import told
>>> told(candidates, '''[{"allocation_requests": [{"allocations": {"4e8e5957": {}}}, {"allocations":
...     {"5f9f": {}}}], "provider_summaries": {"5f9f": {"root_provider_uuid": "7a7a"}}}]''', "api",
...     "resources=VCPU:1&limit=2")
Candidates query=resources=VCPU:1 roots=('4e8e5957', '7a7a') limited=True
>>> told(candidates, '[{"refusal": "No such trait(s): CUSTOM_NOPE."}]', "api", "resources=VCPU:1")
Candidates query=resources=VCPU:1 refusal=No such trait(s): CUSTOM_NOPE. limited=False
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.placement import Candidates

_LIMIT = re.compile(r"&limit=(\d{1,9})")
_BOILERPLATE = re.compile(r"^The server could not comply with the request[^.]*\.\s*")


@source(
    ApiQuestion(
        name="candidates",
        slots=(("query", "query"),),
        limit=64_000_000,
        service="placement",
        path="/allocation_candidates?{query}",
        key="",
        single=True,
        refusable=True,
        microversion="1.39",
        older=("1.36", "1.35", "1.34", "1.31", "1.29"),
        keep=("refusal", "allocation_requests.allocations", "provider_summaries.*.root_provider_uuid"),
    ),
    Candidates,
)
def candidates(answer: Answer) -> Iterator[Candidates]:
    limit = _LIMIT.search(answer.given)
    for row in records(answer.text):
        roots = {name: each.text("root_provider_uuid") for name, each in row.members("provider_summaries")}
        requests = list(row.rows("allocation_requests"))
        held = (name for request in requests for name, _ in request.members("allocations"))
        yield Candidates(
            source=answer.source,
            query=_LIMIT.sub("", answer.given),
            roots=tuple(dict.fromkeys(roots.get(name) or name for name in held)),
            refusal=_BOILERPLATE.sub("", row.text("refusal")),
            limited=limit is not None and len(requests) >= int(limit[1]),
        )
