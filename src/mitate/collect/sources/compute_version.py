"""The microversions of the compute API, which tell the release of Nova.

>>> from mitate.collect.sources._sample import told
>>> told(compute_version, '[{"id": "v2.1", "version": "2.93", "min_version": "2.1"}]', "api")
ApiVersion service=compute newest=2.93
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import ApiVersion


@source(
    ApiQuestion(
        name="compute_version",
        service="compute",
        path="/",
        key="version",
        single=True,
        keep=("version",),
    ),
    ApiVersion,
)
def compute_version(answer: Answer) -> Iterator[ApiVersion]:
    for row in records(answer.text):
        yield ApiVersion(source=answer.source, service="compute", newest=row.text("version"))
