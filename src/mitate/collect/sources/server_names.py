"""The names of servers, as many as come in one page: for whoever mistyped one.

>>> from mitate.collect.sources._sample import told
>>> told(server_names, '[{"id": "9f9a3ff1-d6a2-470e-b97e-12262f58b7a1", "name": "web"}]', "api")
ServerName id=9f9a3ff1-d6a2-470e-b97e-12262f58b7a1 name=web
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import ServerName


@source(
    ApiQuestion(
        name="server_names",
        on_demand=True,
        service="compute",
        path="/servers?all_tenants=1",
        key="servers",
        microversion="2.79",
        keep=("id", "name"),
        pages=1,
    ),
    ServerName,
)
def server_names(answer: Answer) -> Iterator[ServerName]:
    for row in records(answer.text):
        yield ServerName(source=answer.source, id=row.must("id"), name=row.text("name"))
