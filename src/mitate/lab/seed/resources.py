"""Images, networks and the two servers. Argument: one JSON object with

`servers` (name → host), `floating_ip` (of the first server), `agents` (type → how many to wait for),
`computes` (how many hypervisors to wait for), `upstream` (the provider network's gateway).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

IMAGES = "/root/img/"


def say(what: str) -> None:
    print("> " + what, flush=True)  # noqa: T201 - it runs on a host


def wait_for(what: str, missing: Callable[[], list[str]], limit: float = 180) -> None:
    """Wait until nothing is missing, and say what is. An API that does not answer yet counts as missing."""
    deadline = time.monotonic() + limit
    said: list[str] = []
    while True:
        try:
            lacking = missing()
        except Exception as error:
            lacking = [str(error)[:80]]
        if not lacking:
            return
        if time.monotonic() > deadline:
            sys.exit(what + " still missing after " + str(int(limit)) + " s: " + ", ".join(lacking))
        if lacking != said:
            say("waiting for " + ", ".join(lacking))
            said = lacking
        time.sleep(1)


def silent(cloud: Any) -> list[str]:
    """Nothing is missing once these lists come without an error."""
    for ask in (cloud.network.networks, cloud.compute.flavors, cloud.image.images):
        list(ask())
    return []


def lacking_agents(cloud: Any, wanted: dict[str, int], computes: int) -> list[str]:
    alive = [agent.agent_type for agent in cloud.network.agents() if agent.is_alive]
    lacking = [kind for kind, count in wanted.items() if alive.count(kind) < count]
    up = [s for s in cloud.compute.services() if s.binary == "nova-compute" and s.state == "up"]
    if len(up) < computes or len(list(cloud.compute.hypervisors())) < computes:
        lacking.append("nova-compute")
    return lacking


def images(cloud: Any) -> Any:
    """Kernels, initramfs, and two images of an empty disk that boot them; returns the image `lab`."""

    def image(name: str, file: str, form: str, container: str, **properties: str) -> Any:
        return cloud.image.find_image(name) or cloud.image.create_image(
            name=name,
            filename=IMAGES + file,
            disk_format=form,
            container_format=container,
            visibility="public",
            wait=True,
            **properties,
        )

    kernel = image("lab-kernel", "vmlinuz", "aki", "aki")
    generic = image("lab-kernel-generic", "vmlinuz-generic", "aki", "aki")
    ramdisk = image("lab-ramdisk", "initrd.gz", "ari", "ari")
    # Only a card that is not virtio lets the guest choose an MTU that its host did not offer.
    image(
        "lab-e1000",
        "disk.raw",
        "raw",
        "bare",
        kernel_id=generic.id,
        ramdisk_id=ramdisk.id,
        hw_vif_model="e1000",
    )
    return image(
        "lab", "disk.raw", "raw", "bare", kernel_id=kernel.id, ramdisk_id=ramdisk.id, hw_rng_model="virtio"
    )


def networks(cloud: Any, upstream: str, floating_ip: str) -> tuple[Any, Any, Any]:
    """The tenant network behind `router1`, the group `lab-sg`, the floating IP on the provider network."""
    network = cloud.network
    public = network.find_network("public") or network.create_network(
        name="public",
        provider_network_type="flat",
        provider_physical_network="physnet1",
        is_router_external=True,
    )
    pool = upstream.rsplit(".", 1)[0]
    if not network.find_subnet("public-subnet"):
        network.create_subnet(
            name="public-subnet",
            network_id=public.id,
            ip_version=4,
            cidr=pool + ".0/24",
            gateway_ip=upstream,
            enable_dhcp=False,
            allocation_pools=[{"start": pool + ".150", "end": pool + ".199"}],
        )
    # Before the router, to whose gateway Neutron might deal just this address of the pool.
    floating = network.find_ip(floating_ip) or network.create_ip(
        floating_network_id=public.id, floating_ip_address=floating_ip
    )
    private = network.find_network("private") or network.create_network(name="private")
    subnet = network.find_subnet("private-subnet") or network.create_subnet(
        name="private-subnet",
        network_id=private.id,
        ip_version=4,
        cidr="10.10.0.0/24",
        allocation_pools=[{"start": "10.10.0.2", "end": "10.10.0.250"}],  # faults give the last to others
        dns_nameservers=[upstream],
    )
    if not network.find_router("router1"):
        router = network.create_router(name="router1", external_gateway_info={"network_id": public.id})
        network.add_interface_to_router(router, subnet_id=subnet.id)
    group = network.find_security_group("lab-sg")
    if not group:
        group = network.create_security_group(name="lab-sg")
        rules: list[dict[str, Any]] = [{"protocol": "icmp"}]
        rules += [{"protocol": "tcp", "port_range_min": port, "port_range_max": port} for port in (22, 80)]
        for rule in rules:
            network.create_security_group_rule(
                security_group_id=group.id, direction="ingress", remote_ip_prefix="0.0.0.0/0", **rule
            )
    return private, group, floating


def servers(cloud: Any, image: Any, private: Any, group: Any, wanted: dict[str, str]) -> None:
    """One server on each host that is asked for; waits until all are ACTIVE."""
    compute = cloud.compute
    flavor = compute.find_flavor("m1.lab") or compute.create_flavor(name="m1.lab", ram=128, vcpus=1, disk=0)
    if not compute.find_keypair("lab"):
        compute.create_keypair(
            name="lab", public_key=Path("/root/.ssh/id_ed25519.pub").read_text(encoding="ascii")
        )
    for name, host in wanted.items():
        if not compute.find_server(name):
            compute.create_server(
                name=name,
                image_id=image.id,
                flavor_id=flavor.id,
                networks=[{"uuid": private.id}],
                key_name="lab",
                security_groups=[{"name": group.name}],
                availability_zone="nova:" + host,
            )

    def inactive() -> list[str]:
        found = {server.name: server for server in compute.servers()}
        for server in found.values():
            if server.status == "ERROR":
                sys.exit(server.name + " is in ERROR: " + str((server.fault or {}).get("message")))
        return [name + " to be ACTIVE" for name in wanted if found[name].status != "ACTIVE"]

    wait_for("servers", inactive, 240)


def main(asked: str) -> None:
    import openstack  # noqa: PLC0415 - known where this runs, not where it is read

    wanted = json.loads(asked)
    cloud: Any = openstack.connect()
    wait_for("the APIs", lambda: silent(cloud))
    image = images(cloud)
    wait_for("agents", lambda: lacking_agents(cloud, wanted["agents"], wanted["computes"]))
    private, group, floating = networks(cloud, wanted["upstream"], wanted["floating_ip"])
    servers(cloud, image, private, group, wanted["servers"])
    if not floating.port_id:
        first = cloud.compute.find_server(next(iter(wanted["servers"])))
        cloud.network.update_ip(floating, port_id=next(iter(cloud.network.ports(device_id=first.id))).id)


if __name__ == "__main__":
    main(*sys.argv[1:])
