from __future__ import annotations

from mitate.analyze.placement.answers import Refusal
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._looks import flag_option, list_option
from mitate.analyze.placement.filters._mends import configure
from mitate.model.placement import Wanted

SECTION, HOSTS, IMAGES = "filter_scheduler", "isolated_hosts", "isolated_images"
RESTRICT = "restrict_isolated_hosts_to_isolated_images"


@scheduler_filter("IsolatedHostsFilter")
def isolated_hosts(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """Isolated images go to isolated hosts only, and those take nothing else.

    What it means
        [filter_scheduler] isolated_hosts and isolated_images of the schedulers' nova.conf bind images (by
        their ids) to hosts. With restrict_isolated_hosts_to_isolated_images = false, isolated hosts take
        other images, too. A server that boots from a volume has no image here.
    Why it happens
        The host is set apart for some images, or the image for some hosts.
    Look again
        grep isolated /etc/nova/nova.conf
    Fix
        Change the two lists in the schedulers' nova.conf and restart nova-scheduler.
    """
    hosts, images = list_option(cloud, SECTION, HOSTS), list_option(cloud, SECTION, IMAGES)
    isolated = host.host in hosts
    restrict = flag_option(cloud, SECTION, RESTRICT, True)
    image = wanted.image.id if wanted.image and not wanted.from_volume else None
    bound = image in images
    if bound and not isolated:
        return refuse(
            "IsolatedHostsFilter",
            f"image {wanted.image.name if wanted.image else image} is for isolated hosts only, and "
            f"{host.host} is none",
            wanted="an isolated host",
            available=host.host,
            seen=(wanted.image,),
            mends=(
                configure(cloud, SECTION, HOSTS, ",".join([*hosts, host.host])),
                configure(cloud, SECTION, IMAGES, ",".join(each for each in images if each != image)),
            ),
        )
    if isolated and restrict and not bound:
        mends = [
            configure(cloud, SECTION, HOSTS, ",".join(each for each in hosts if each != host.host)),
            configure(cloud, SECTION, RESTRICT, "false"),
        ]
        if image:
            mends.append(configure(cloud, SECTION, IMAGES, ",".join([*images, image])))
        return refuse(
            "IsolatedHostsFilter",
            f"host {host.host} is kept for isolated images",
            wanted="an isolated image",
            available=(wanted.image.name if wanted.image else "") or "no image",
            seen=(host.service,),
            mends=mends,
        )
    return None
