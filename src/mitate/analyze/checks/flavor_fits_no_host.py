from __future__ import annotations

from collections.abc import Callable, Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import flavor_subject
from mitate.model.cloud import Flavor, Hypervisor, Server
from mitate.model.diagnosis import Confidence, Severity

SIZES: tuple[tuple[str, Callable[[Flavor], int], Callable[[Hypervisor], int | None]], ...] = (
    ("vCPUs", lambda flavor: flavor.vcpus, lambda host: host.vcpus),
    ("MiB of RAM", lambda flavor: flavor.ram_mb, lambda host: host.memory_mb),
    ("GiB of disk", lambda flavor: flavor.disk_gb, lambda host: host.disk_gb),
)


@check(Server, Flavor, Hypervisor, severity=Severity.WARNING)
def flavor_fits_no_host(
    servers: Sequence[Server], flavors: Sequence[Flavor], hypervisors: Sequence[Hypervisor]
) -> Problems:
    """A flavour asks for more than any single host has in all, and a server of it failed for that.

    What it means
        "No valid host was found" has its plainest reason: even an empty host would be too small. No ratio of
        overcommitment helps, since Placement never gives one server more than the host really has (max_unit).
    Why it happens
        A flavour made for bigger hosts than these, or with a slip of the pen (RAM is in MiB, disk in GiB).
    Look again
        openstack flavor show FLAVOR
        openstack hypervisor list --long
        openstack allocation candidate list --resource VCPU=N --resource MEMORY_MB=N
    Fix
        Take a smaller flavour, or bring a bigger host.
    """
    if not hypervisors:
        return
    by_name: dict[tuple[str, int | None, int | None, int | None], Flavor] = {
        (flavor.name, flavor.vcpus, flavor.ram_mb, flavor.disk_gb): flavor for flavor in flavors
    }
    for server in servers:
        if server.status != "ERROR" or "no valid host" not in server.fault.lower():
            continue
        # what was asked for is embedded in the server; a flavour of that name may have changed since
        asked = (server.flavor_name, server.flavor_vcpus, server.flavor_ram_mb, server.flavor_disk_gb)
        flavor = by_name.get(asked)
        if flavor is None or any(name.startswith("resources") for name, _ in flavor.extra_specs):
            continue  # its extra specs say what is asked for instead (bare metal)
        short = _too_large(flavor, hypervisors)
        if not short:
            continue
        yield Problem(
            subject=flavor_subject(flavor),
            says=f"flavour {flavor.name} fits no host: {' and '.join(short)}; "
            f"server {server.name} failed for that",
            seen=(flavor, server, *sorted(hypervisors, key=lambda host: -(host.memory_mb or 0))[:3]),
            since=server.created_at,
            # a server that boots from a volume needs no disk of the host, and which do the API does not tell
            confidence=Confidence.INFERRED if all("disk" in each for each in short) else Confidence.PROVED,
            fix=("openstack flavor list --all --long", "openstack hypervisor list --long"),
        )


def _too_large(flavor: Flavor, hypervisors: Sequence[Hypervisor]) -> list[str]:
    """What the flavour asks for beyond the largest host, one clause each; empty when some host may fit it.

    A host that does not tell its size may be the one that fits.
    """
    short = []
    for unit, asks, has in SIZES:
        sizes = [has(host) for host in hypervisors]
        known = [size for size in sizes if size is not None]
        if len(known) == len(sizes) and asks(flavor) > max(known):
            short.append(f"it asks for {asks(flavor)} {unit}, the largest has {max(known)}")
    return short
