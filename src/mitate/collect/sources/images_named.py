"""The images of one name.

>>> from mitate.collect.sources._sample import told
>>> told(images_named, '[{"id": "70a599e0-31e7-49b7-b260-868f441e862b", "name": "cirros"}]', "api")
Image id=70a599e0-31e7-49b7-b260-868f441e862b name=cirros min_ram_mb=0 min_disk_gb=0
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._images import KEEP, images_of
from mitate.model.placement import Image


@source(
    ApiQuestion(
        name="images_named",
        slots=(("name", "name"),),
        service="image",
        path="/images?name={name}",
        key="images",
        keep=KEEP,
    ),
    Image,
)
def images_named(answer: Answer) -> Iterator[Image]:
    yield from images_of(answer)
