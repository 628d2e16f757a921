"""Every project's server groups. Nova gives a thousand at a time without saying that there are more.

>>> from mitate.collect.sources._sample import told
>>> told(server_groups, '''[{"id": "616fb98f-46ca-475e-917e-2563e5a8cd19", "name": "apart",
...     "policy": "anti-affinity", "rules": {"max_server_per_host": 2}, "project_id": "6155",
...     "members": ["8fd71303-f915-4cbc-bc8f-70ed05ab1dfe"]}]''', "api")
ServerGroup id=616fb98f-46ca-475e-917e-2563e5a8cd19 name=apart policy=anti-affinity max_per_host=2 \
members=('8fd71303-f915-4cbc-bc8f-70ed05ab1dfe',) project_id=6155
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._server_groups import KEEP, MICROVERSION, groups
from mitate.model.placement import ServerGroup


@source(
    ApiQuestion(
        name="server_groups",
        limit=64_000_000,
        service="compute",
        path="/os-server-groups?all_projects=1",
        key="server_groups",
        microversion=MICROVERSION,
        keep=KEEP,
        by_offset=True,
    ),
    ServerGroup,
)
def server_groups(answer: Answer) -> Iterator[ServerGroup]:
    yield from groups(answer)
