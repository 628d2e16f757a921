from __future__ import annotations

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._image import STRUCTURED, counts, names_in, properties, settable
from mitate.analyze.placement.filters._looks import aggregates, metadata, with_key
from mitate.analyze.placement.filters._mends import image_with, image_without, leave
from mitate.analyze.words import listed
from mitate.model.placement import Wanted


@scheduler_filter("AggregateImagePropertiesIsolation")
def aggregate_image_properties_isolation(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """Where a host's aggregates and the image name the same property, the values must agree.

    What it means
        The metadata of an aggregate of the host have a key that is also a property of the image, and the
        image's value is none of theirs. An image without the property may go anywhere. Only names that Nova
        knows count (hw_*, img_*, os_*), not an image's free ones.
    Why it happens
        Hosts are kept for one kind of image (os_distro=windows, for a licence, say), and this image is
        another; or the values are written differently.
    Look again
        openstack image show IMAGE -c properties
        openstack aggregate list --long
    Fix
        openstack image set --property NAME=VALUE IMAGE
        or take the host out of the aggregate: openstack aggregate remove host AGGREGATE HOST
    """
    image = properties(wanted.image)
    raw = dict(wanted.image.properties) if wanted.image else {}
    if not raw:
        return None
    space = cloud.option("filter_scheduler", "aggregate_image_properties_isolation_namespace") or ""
    separator = cloud.option("filter_scheduler", "aggregate_image_properties_isolation_separator") or "."
    failed = {}
    for key, there in metadata(aggregates(host, cloud)).items():
        if space and not key.startswith(space + separator):
            continue
        if key in STRUCTURED and any(name.startswith(key) for name in raw):
            raise Unseen(f"what Nova makes of the image's {key} is not modelled")
        if counts(key, image.get(key, "")) and image[key] not in there:
            failed[key] = sorted(there)
    if not failed:
        return None
    key, there_first = next(iter(failed.items()))
    differ = " and ".join(f"{name} is {image[name]}, not {listed(has)}" for name, has in failed.items())
    bound = {each.id: each for name in failed for each in with_key(host, name)}
    called = [each for name in failed for each in names_in(wanted.image, name)]
    mends = [
        leave(bound.values(), host),
        image_without(wanted, called, risk="the image may then go to hosts not meant for it"),
    ]
    other = {name: [each for each in has if settable(name, each)] for name, has in failed.items()}
    if all(other.values()):
        risk = "the property may mean something to the server, too"
        mends.append(image_with(wanted, {name: has[0] for name, has in other.items()}, risk))
    return refuse(
        "AggregateImagePropertiesIsolation",
        f"host {host.host} is kept for other images: {differ}",
        wanted=f"{key}={image[key]}",
        available=listed(there_first),
        seen=(*bound.values(), wanted.image),
        mends=mends,
    )
