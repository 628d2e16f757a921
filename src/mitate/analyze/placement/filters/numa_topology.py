from __future__ import annotations

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._drivers import driver_of
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._image import properties
from mitate.analyze.placement.filters._mends import flavor_without, image_without
from mitate.analyze.words import listed
from mitate.model.placement import Wanted

_PINNED = ("dedicated", "mixed")


@scheduler_filter("NUMATopologyFilter")
def numa_topology(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """The NUMA cells that a server wants (nodes, pinned CPUs, page size) must fit into the host's.

    What it means
        The flavour or the image asks for hw:numa_nodes, hw:cpu_policy=dedicated, hw:mem_page_size or the
        like. Each cell of the server must fit into one cell of the host: its CPUs among the free ones there,
        its memory in pages of that size. What is free in each cell, the API does not tell.
    Why it happens
        No huge pages were set aside at boot, the dedicated CPUs of one cell are taken though others are free,
        a driver that reports no NUMA cells, or hosts without hyper-threading where threads are required.
    Look again
        openstack flavor show FLAVOR -c properties
        ssh HOST virsh capabilities; ssh HOST grep Huge /proc/meminfo
        grep -e cpu_dedicated_set -e cpu_shared_set -e reserved_huge_pages /etc/nova/nova.conf   (on the host)
    Fix
        Set pages or CPUs aside on the hosts, or take the property off the flavour.
    """
    flavor, image = topology_demands(wanted)
    if not flavor and not image:
        return None
    demands = listed([*(f"{name}={wanted.spec(name)}" for name in flavor), *image])
    driver = driver_of(host.hypervisor.type) if host.hypervisor else None
    if driver is None or driver.numa or host.hypervisor is None:
        raise Unseen(f"what is free in the NUMA cells of {host.host} is not told ({demands} is asked for)")
    mends = []
    if not image:
        mends.append(flavor_without(wanted, flavor))
    elif not flavor:
        mends.append(image_without(wanted, image))
    return refuse(
        "NUMATopologyFilter",
        f"host {host.host} ({host.hypervisor.type}) reports no NUMA cells, and {demands} is asked for",
        wanted=demands,
        available="no NUMA cells",
        seen=(host.hypervisor,),
        mends=mends,
    )


def topology_demands(wanted: Wanted) -> tuple[list[str], list[str]]:
    """The flavour's properties, and the image's, for which Nova makes a NUMA topology of the server
    (nova.virt.hardware.numa_get_constraints); both empty when it makes none."""
    flavor = []
    for name, value in wanted.extra_specs:
        pinned = name == "hw:cpu_policy" and value in _PINNED
        pcpu = name.startswith("resources") and name.endswith(":PCPU") and value != "0"
        if pinned or pcpu or name in ("hw:numa_nodes", "hw:mem_page_size", "hw:pmem"):
            flavor.append(name)
    found = properties(wanted.image)
    image = [name for name in ("hw_numa_nodes", "hw_mem_page_size") if found.get(name)]
    if found.get("hw_cpu_policy") in _PINNED:
        image.append("hw_cpu_policy")
    return flavor, image
