"""What servers are asked for with, and where they may go: flavours, images, groups, aggregates, hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mitate.lab import Lab

_ENABLE = """
for service in conn.compute.services():
    if service.host == {host!r} and service.binary == "nova-compute":
        conn.compute.put("/os-services/" + service.id, json={{"status": {status!r}}}, microversion="2.53")
"""

_QUOTA = ("ram", "cores", "instances", "server_groups", "server_group_members")

_FLAVOR = """
name, properties = {name!r}, {properties!r}
flavor = conn.compute.find_flavor(name) or conn.compute.create_flavor(
    name=name, **{sizes!r}
)
if properties:
    conn.compute.create_flavor_extra_specs(flavor, properties)
"""

_IMAGE = """
booted = conn.image.find_image("lab", ignore_missing=False).to_dict()["properties"]
if not conn.image.find_image({name!r}):
    kept = {{key: booted[key] for key in ("kernel_id", "ramdisk_id") if key in booted}}
    conn.image.create_image(
        name={name!r}, filename="/root/img/disk.raw", disk_format="raw", container_format="bare",
        wait=True, **{{**kept, **{properties!r}}},
    )
"""

_FORGET = """
for found in conn.compute.flavors():
    if found.name.startswith({made!r}) or found.name in {flavors!r}:
        conn.compute.delete_flavor(found.id)
for name in {images!r}:
    if found := conn.image.find_image(name):
        conn.image.delete_image(found.id)
for found in conn.compute.aggregates():
    if found.name in {aggregates!r}:
        for host in found.hosts or ():
            conn.compute.remove_host_from_aggregate(found.id, host)
        conn.compute.delete_aggregate(found.id)
for found in conn.compute.server_groups():
    if found.name in {groups!r}:
        conn.compute.delete_server_group(found.id)
"""

_AGGREGATE = """
found = next((each for each in conn.compute.aggregates() if each.name == {name!r}), None)
found = found or conn.compute.create_aggregate(name={name!r})
conn.compute.set_aggregate_metadata(found.id, {metadata!r})  # no zone once a host with servers is in it
for host in {hosts!r}:
    if host not in (found.hosts or ()):
        conn.compute.add_host_to_aggregate(found.id, host)
"""

_GROUP = """
if not any(each.name == {name!r} for each in conn.compute.server_groups()):
    wanted = {{"server_group": {{"name": {name!r}, "policy": {policy!r}}}}}
    conn.compute.post("/os-server-groups", json=wanted, microversion="2.64").raise_for_status()
"""


def lift_quota(lab: Lab) -> None:
    """No quota refuses what is to be refused by the scheduler."""
    unlimited = {"quota_set": dict.fromkeys(_QUOTA, -1)}
    lab.python(f"conn.compute.put(f'/os-quota-sets/{{conn.current_project_id}}', json={unlimited!r})")


def restore_quota(lab: Lab) -> None:
    lab.python("conn.compute.delete(f'/os-quota-sets/{conn.current_project_id}')")


def make_flavor(
    lab: Lab,
    name: str,
    *,
    ram: int = 128,
    vcpus: int = 1,
    disk: int = 0,
    properties: Mapping[str, str] | None = None,
) -> None:
    """ram in MiB, disk in GiB. properties: its extra specs."""
    sizes = {"ram": ram, "vcpus": vcpus, "disk": disk}
    lab.python(_FLAVOR.format(name=name, sizes=sizes, properties=dict(properties or {})))


def make_image(lab: Lab, name: str, **properties: str) -> None:
    """An image of an empty disk, with the kernel of image `lab` and properties of its own."""
    lab.python(_IMAGE.format(name=name, properties=properties), timeout=180)


def make_aggregate(lab: Lab, name: str, *hosts: str, **metadata: str) -> None:
    lab.python(_AGGREGATE.format(name=name, hosts=hosts, metadata=metadata))


def make_group(lab: Lab, name: str, policy: str) -> None:
    """A server group. policy: as Nova calls it, `affinity` or `anti-affinity`."""
    lab.python(_GROUP.format(name=name, policy=policy))


def forget(
    lab: Lab,
    *,
    flavors: tuple[str, ...] = (),
    images: tuple[str, ...] = (),
    aggregates: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
) -> None:
    """Delete what there is of these, by name; of flavours also those of other sizes that a change made of
    them (NAME-SIZE)."""
    named = {"flavors": flavors, "images": images, "aggregates": aggregates, "groups": groups}
    lab.python(_FORGET.format(made=tuple(f"{name}-" for name in flavors), **named))


def computes(lab: Lab) -> list[str]:
    """Every host that runs nova-compute, fakes among them."""
    return [name for name, host in lab.hosts.items() if host.plan.role in ("compute", "fake")]


def enable(lab: Lab, host: str, enabled: bool) -> None:
    """Whether new servers may come to a host."""
    lab.python(_ENABLE.format(host=host, status="enabled" if enabled else "disabled"))
