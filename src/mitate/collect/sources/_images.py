"""Images as Glance tells them, one or all: what Nova's scheduler looks at, and no other property."""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer
from mitate.collect.sources._json import records
from mitate.model.placement import Image

_STARTS = ("hw_", "img_", "trait:")
_OS = ("os_command_line", "os_distro", "os_require_quiesce", "os_secure_boot", "os_type", "os_version")
_OLD = ("architecture", "hypervisor_type", "hypervisor_version_requires", "vm_mode")
"""Names that Nova still understands in the place of newer ones (nova.objects.image_meta)."""
KEEP = (
    *("id", "name", "status", "disk_format", "min_ram", "min_disk", "size"),
    *(f"{start}*" for start in _STARTS),
    *_OS,
    *_OLD,
)


def images_of(answer: Answer) -> Iterator[Image]:
    for row in records(answer.text):
        said = (name for name in row.names() if name.startswith(_STARTS) or name in (*_OS, *_OLD))
        yield Image(
            source=answer.source,
            id=row.must("id"),
            name=row.text("name"),
            status=row.text("status"),
            disk_format=row.text("disk_format"),
            min_ram_mb=row.number("min_ram") or 0,
            min_disk_gb=row.number("min_disk") or 0,
            size=row.number("size"),
            properties=tuple((name, row.text(name)) for name in sorted(said)),
        )
