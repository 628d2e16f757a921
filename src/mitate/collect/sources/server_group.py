"""One server group.

>>> from mitate.collect.sources._sample import told
>>> told(server_group, '''[{"id": "616fb98f-46ca-475e-917e-2563e5a8cd19", "name": "together",
...     "policy": "affinity", "rules": {}, "members": [], "project_id": "6155"}]''', "api")
ServerGroup id=616fb98f-46ca-475e-917e-2563e5a8cd19 name=together policy=affinity project_id=6155
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._server_groups import KEEP, MICROVERSION, groups
from mitate.model.placement import ServerGroup


@source(
    ApiQuestion(
        name="server_group",
        slots=(("group", "uuid"),),
        service="compute",
        path="/os-server-groups/{group}",
        key="server_group",
        single=True,
        microversion=MICROVERSION,
        keep=KEEP,
    ),
    ServerGroup,
)
def server_group(answer: Answer) -> Iterator[ServerGroup]:
    yield from groups(answer)
