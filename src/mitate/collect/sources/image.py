"""One image.

>>> from mitate.collect.sources._sample import told
>>> told(image, '''[{"id": "70a599e0-31e7-49b7-b260-868f441e862b", "name": "cirros", "status": "active",
...     "disk_format": "qcow2", "min_ram": 0, "min_disk": 1, "size": 13287936, "hw_disk_bus": "virtio",
...     "trait:CUSTOM_GOLD": "required"}]''', "api")
Image id=70a599e0-31e7-49b7-b260-868f441e862b name=cirros status=active disk_format=qcow2 min_ram_mb=0 \
min_disk_gb=1 size=13287936 properties=(('hw_disk_bus', 'virtio'), ('trait:CUSTOM_GOLD', 'required'))
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._images import KEEP, images_of
from mitate.model.placement import Image


@source(
    ApiQuestion(
        name="image",
        slots=(("image", "uuid"),),
        service="image",
        path="/images/{image}",
        key="",
        single=True,
        keep=KEEP,
    ),
    Image,
)
def image(answer: Answer) -> Iterator[Image]:
    yield from images_of(answer)
