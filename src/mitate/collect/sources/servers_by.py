"""Every project's servers of one name, or on one host.

>>> from mitate.collect.sources._sample import told
>>> told(servers_by, '[{"id": "9f9a3ff1", "name": "web", "status": "ERROR"}]', "api")
Server id=9f9a3ff1 name=web status=ERROR
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources.servers import servers
from mitate.model.cloud import Server

assert isinstance(servers.question, ApiQuestion)


@source(
    msgspec.structs.replace(
        servers.question,
        name="servers_by",
        slots=(("filter", "filter"), ("value", "name")),
        path="/servers/detail?all_tenants=1&{filter}={value}",
        again=(),
    ),
    Server,
)
def servers_by(answer: Answer) -> Iterator[Server]:
    yield from servers.parse(answer)  # type: ignore[misc] # it tells of servers only
