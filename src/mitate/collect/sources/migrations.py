"""The newest moves of servers between hosts, as Nova's API tells them: live, cold, resizes, evacuations.

>>> from mitate.collect.sources._sample import told
>>> told(migrations, '''[{"instance_uuid": "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe", "status": "completed",
...     "migration_type": "live-migration", "source_compute": "compute1", "dest_compute": "compute2",
...     "created_at": "2026-11-22T15:20:00.000000", "updated_at": "2026-11-22T15:20:31.000000"}]''', "api")
Migration server_id=8fd71303-f915-4cbc-bc8f-70ed05ab1dfe kind=live-migration status=completed \
from_host=compute1 to_host=compute2 at=2026-11-22 15:20:31+00:00
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.change import Migration


@source(
    ApiQuestion(
        name="migrations",
        limit=4_000_000,
        service="compute",
        path="/os-migrations",
        key="migrations",
        microversion="2.59",
        older=("2.23",),
        keep=(
            *("instance_uuid", "migration_type", "status", "source_compute", "dest_compute"),
            *("created_at", "updated_at"),
        ),
        page_size=200,
        pages=1,
        costly=True,
    ),
    Migration,
)
def migrations(answer: Answer) -> Iterator[Migration]:
    for row in records(answer.text):
        yield Migration(
            source=answer.source,
            server_id=row.must("instance_uuid"),
            kind=row.text("migration_type") or "migration",
            status=row.text("status"),
            from_host=row.text("source_compute"),
            to_host=row.text("dest_compute"),
            at=row.when("updated_at") or row.when("created_at"),
        )
