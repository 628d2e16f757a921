"""Security groups; their rules are asked apart.

>>> from mitate.collect.sources._sample import told
>>> told(security_groups, '''[{"id": "789f04f7-4aa4-48a7-bd45-d127771ca2fb", "name": "default",
...     "project_id": "6155e172480f4879ab753e68b3c34b5e"}]''', "api")
SecurityGroup id=789f04f7-4aa4-48a7-bd45-d127771ca2fb name=default project_id=6155e172480f4879ab753e68b3c34b5e
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import SecurityGroup


@source(
    ApiQuestion(
        name="security_groups",
        limit=64_000_000,
        service="network",
        path="/security-groups?fields=id&fields=name&fields=project_id",
        key="security_groups",
        keep=("id", "name", "project_id"),
    ),
    SecurityGroup,
)
def security_groups(answer: Answer) -> Iterator[SecurityGroup]:
    for row in records(answer.text):
        yield SecurityGroup(
            source=answer.source,
            id=row.must("id"),
            name=row.text("name"),
            project_id=row.text("project_id"),
        )
