"""Server groups as Nova tells them, one or all."""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer
from mitate.collect.sources._json import records
from mitate.model.placement import ServerGroup

MICROVERSION = "2.64"
"""From here on a group has one policy with its rules; before, a list of policies."""
KEEP = ("id", "name", "policy", "rules.max_server_per_host", "members", "project_id")


def groups(answer: Answer) -> Iterator[ServerGroup]:
    for row in records(answer.text):
        yield ServerGroup(
            source=answer.source,
            id=row.must("id"),
            name=row.text("name"),
            policy=row.must("policy"),
            max_per_host=row.number("rules.max_server_per_host"),
            members=row.texts("members"),
            project_id=row.text("project_id"),
        )
