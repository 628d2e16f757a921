"""What Nova's API checks of flavour, image and zone before it asks the scheduler anything."""

from __future__ import annotations

from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.draft import Impossible
from mitate.analyze.placement.numa import check_topology
from mitate.analyze.words import listed
from mitate.model.cloud import ComputeService
from mitate.model.placement import Wanted


def check(wanted: Wanted) -> None:
    """Of flavour and image (nova.compute.api.API._validate_flavor_image). Raises Impossible.

    How large an image is when it is unpacked is only known on a host.
    """
    image = wanted.image
    if image is not None:
        name = image.name or image.id
        if not wanted.server_id and image.status not in ("", "active"):
            raise Impossible(f"image {name} is {image.status}, not active")
        if wanted.ram_mb < image.min_ram_mb:
            raise Impossible(
                f"image {name} needs {image.min_ram_mb} MB of memory, its flavour has {wanted.ram_mb} MB"
            )
        if not wanted.from_volume and wanted.disk_gb:  # a root disk of 0 is as large as the image
            needs = max(image.min_disk_gb, -(-(image.size or 0) // 2**30))
            if wanted.disk_gb < needs:
                raise Impossible(
                    f"image {name} needs {needs} GB of disk, its flavour has {wanted.disk_gb} GB"
                )
    check_topology(wanted)


def closed(wanted: Wanted, cloud: Cloud) -> str:
    """Why a zone counts as not available: no compute service in it is enabled
    (nova.compute.api.API.create; of a forced host it does not ask)."""
    if not wanted.zone or wanted.forced_host:
        return ""
    default = cloud.option("DEFAULT", "default_availability_zone") or "nova"
    known = [each for each in cloud.hosts if each.service]
    services = [each.service for each in known if (each.zone or default) == wanted.zone and each.service]
    if any(each.enabled for each in services):
        return ""
    if not services:
        if not known or cloud.snapshot.blind(ComputeService):
            return ""
        return f"availability zone {wanted.zone} is not available, for no compute service is in it"
    names = listed(sorted(each.host for each in services))
    return f"availability zone {wanted.zone} is not available, for its hosts are disabled ({names})"
