from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.room import amount, asked, got_no_host
from mitate.analyze.subjects import flavor_subject
from mitate.analyze.words import listed
from mitate.model.cloud import Flavor, Hypervisor, Server
from mitate.model.diagnosis import Confidence, Severity, Subject

WORDS = {"VCPU": "vCPUs"}
"""What a flavour's own words call a resource class otherwise than Placement."""


@check(Server, Flavor, Hypervisor, severity=Severity.WARNING)
def flavor_fits_no_host(
    servers: Sequence[Server], flavors: Sequence[Flavor], hypervisors: Sequence[Hypervisor]
) -> Problems:
    """A flavour asks for more than any single host has in all, and a server of it failed for that.

    What it means
        "No valid host was found" has its plainest reason: even an empty host would be too small. No ratio of
        overcommitment helps, since Placement never gives one server more than the host really has (max_unit).
    Why it happens
        A flavour made for bigger hosts than these, or with a slip of the pen (RAM is in MiB, disk in GiB);
        or the hosts with so much RAM are others than those with so many vCPUs.
    Look again
        openstack flavor show FLAVOR
        openstack hypervisor list --long
        openstack allocation candidate list --resource VCPU=N --resource MEMORY_MB=N
    Fix
        Take a smaller flavour, or bring a bigger host.
    """
    if not hypervisors:
        return
    short_of: dict[tuple[tuple[str, int], ...], list[str]] = {}
    by_name = {flavor.name: flavor for flavor in flavors}
    for server in servers:
        if not got_no_host(server) or "no valid host" not in server.fault.lower():
            continue
        flavor = by_name.get(server.flavor_name)
        if flavor and any(name.startswith("resources") for name, _ in flavor.extra_specs):
            continue  # its extra specs say what is asked for instead (bare metal)
        # what was asked for is embedded in the server; its flavour may have changed since, or be gone
        wanted = asked(server)
        size = tuple(wanted.items())
        if size not in short_of:
            short_of[size] = _too_large(wanted, hypervisors)
        if not (short := short_of[size]):
            continue
        same = flavor is not None and _sizes(flavor) == wanted
        then = "" if same else " (as it was then)" if flavor else " (deleted since)"
        gone = Subject("flavor", server.flavor_name, f"flavour {server.flavor_name}")
        # a server that boots from a volume needs no disk of the host, and which do the API does not tell
        doubtful = flavor is None or _too_large({**wanted, "DISK_GB": 0}, hypervisors) == []
        yield Problem(
            subject=flavor_subject(flavor) if flavor else gone,
            says=f"flavour {server.flavor_name}{then} fits no host: {' and '.join(short)}; "
            f"server {server.name} failed for that",
            seen=(
                *([flavor] if flavor and same else ()),
                server,
                *sorted(hypervisors, key=lambda host: -(host.memory_mb or 0))[:3],
            ),
            since=server.created_at,
            confidence=Confidence.INFERRED if doubtful else Confidence.PROVED,
            fix=("openstack flavor list --all --long", "openstack hypervisor list --long"),
        )


def _sizes(flavor: Flavor) -> dict[str, int]:
    told = {"VCPU": flavor.vcpus, "MEMORY_MB": flavor.ram_mb, "DISK_GB": flavor.disk_gb}
    return {name: number for name, number in told.items() if number}


def _too_large(wanted: dict[str, int], hypervisors: Sequence[Hypervisor]) -> list[str]:
    """What is asked for beyond the largest host, one clause each; or that no host has all of it at once.

    A host that does not tell its size (or says 0, as bare metal does) may be the one that fits.
    """
    sizes = [{"VCPU": h.vcpus, "MEMORY_MB": h.memory_mb, "DISK_GB": h.disk_gb} for h in hypervisors]

    def lacks(size: dict[str, int | None], name: str) -> bool:
        has = size.get(name)
        return bool(has) and wanted[name] > (has or 0)

    if not all(any(lacks(size, name) for name in wanted) for size in sizes):
        return []
    beyond = [name for name in wanted if all(lacks(size, name) for size in sizes)]
    if not beyond:
        return [f"no host has {listed([_said(number, name) for name, number in wanted.items()])} at once"]
    return [
        f"it asks for {_said(wanted[name], name)}, the largest has {max(size[name] or 0 for size in sizes)}"
        for name in beyond
    ]


def _said(number: int, name: str) -> str:
    return f"{number} {WORDS[name]}" if name in WORDS else amount(number, name)
