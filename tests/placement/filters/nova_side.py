"""Nova's own filters, asked: a program for the Python that has Nova (26, Zed); it imports nothing of ours.

A case a line in (see cases.py), a word a line out: yes, no, "error X" when the filter raises X, or
"invalid X" when Nova's API would not even take the request.
"""

# mypy: ignore-errors
# (Nova is not where mypy looks, and has no types)

import datetime
import json
import sys
import uuid

import nova.conf
from nova import objects
from nova.pci import request as pci_request
from nova.scheduler import filters, host_manager
from nova.virt import hardware

CONF = nova.conf.CONF
UUID = "11111111-1111-4111-8111-111111111111"


def compute_node(host):
    told = host["hypervisor"]
    cells = host["numa_cells"]
    topology = objects.NUMATopology(cells=[numa_cell(*each) for each in enumerate(cells)]) if cells else None
    return objects.ComputeNode(
        uuid=UUID,
        host=host["host"],
        vcpus=told["vcpus"],
        memory_mb=told["memory_mb"],
        local_gb=told["local_gb"],
        vcpus_used=told["vcpus_used"],
        memory_mb_used=told["memory_mb_used"],
        local_gb_used=told["local_gb_used"],
        hypervisor_type=told["hypervisor_type"],
        hypervisor_version=told["hypervisor_version"],
        hypervisor_hostname=told["hypervisor_hostname"],
        free_ram_mb=told["free_ram_mb"],
        free_disk_gb=told["free_disk_gb"],
        disk_available_least=told["disk_available_least"],
        current_workload=told["current_workload"],
        running_vms=told["running_vms"],
        cpu_info=json.dumps(told["cpu_info"]) if told["cpu_info"] else None,
        host_ip=told["host_ip"],
        metrics=json.dumps(
            [
                {"name": name, "value": 1, "source": "x", "timestamp": "2026-01-01T00:00:00.0"}
                for name in host["metrics"]
            ]
        ),
        stats={name: str(value) for name, value in host["stats"].items()},
        numa_topology=topology._to_json() if topology else None,
        supported_hv_specs=[objects.HVSpec.from_list(each) for each in host["supported_instances"]],
        pci_device_pools=objects.PciDevicePoolList(
            objects=[
                objects.PciDevicePool(
                    vendor_id="8086",
                    product_id=product,
                    count=count,
                    numa_node=0,
                    tags={"dev_type": "type-PCI"},
                )
                for product, count in host["pci"]
            ]
        ),
        updated_at=None,
        **{f"{name}_allocation_ratio": value for name, value in host["ratios"].items()},
    )


def numa_cell(number, cell):
    cpus = set(range(number * 16, number * 16 + cell["cpus"]))
    return objects.NUMACell(
        id=number,
        cpuset=cpus,
        pcpuset=cpus,
        memory=cell["memory"],
        cpu_usage=0,
        memory_usage=0,
        pinned_cpus=set(),
        siblings=[],
        mempages=[objects.NUMAPagesTopology(size_kb=4, total=cell["memory"] * 256, used=0)],
        network_metadata=objects.NetworkMetadata(physnets=set(), tunneled=False),
        socket=0,
    )


def host_state(host):
    state = host_manager.HostState(host["host"], host["hypervisor"]["hypervisor_hostname"], UUID)
    state._update_from_compute_node(compute_node(host))
    state.aggregates = [
        objects.Aggregate(name=each["name"], metadata=dict(each["metadata"])) for each in host["aggregates"]
    ]
    state.instances = dict.fromkeys(host["servers"])
    seen = datetime.datetime.now(datetime.UTC)
    if not host["service"]["up"]:
        seen -= datetime.timedelta(hours=1)
    state.service = host_manager.ReadOnlyDict(
        dict(
            objects.Service(
                host=host["host"],
                binary="nova-compute",
                topic="compute",
                disabled=not host["service"]["enabled"],
                disabled_reason=host["service"]["disabled_reason"],
                last_seen_up=seen,
                created_at=seen,
                forced_down=host["service"]["forced_down"],
            )
        )
    )
    return state


def request_spec(case):
    asked = case["request"]
    flavor = objects.Flavor(
        name=asked["flavor"],
        vcpus=asked["vcpus"],
        memory_mb=asked["ram_mb"],
        root_gb=asked["disk_gb"],
        ephemeral_gb=0,
        swap=0,
        extra_specs=dict(asked["extra_specs"]),
    )
    image = None
    if asked["image"] is not None:
        told = {"id": asked["image"]["id"], "properties": dict(asked["image"]["properties"])}
        if asked["from_volume"]:
            del told["id"]
        image = objects.ImageMeta.from_dict(told)
    group = asked["group"]
    hosts = [
        each["host"]
        for each in (case["host"], *case["others"])
        if group and set(each["servers"]) & set(group["members"])
    ]
    hints = {}
    for name, value in asked["hints"]:
        hints.setdefault(name, []).append(value)
    return objects.RequestSpec(
        flavor=flavor,
        image=image,
        availability_zone=asked["zone"] or None,
        scheduler_hints=hints,
        project_id=asked["project_id"],
        instance_uuid=asked["server_id"] or str(uuid.uuid4()),
        instance_group=objects.InstanceGroup(
            uuid=UUID,
            policy=group["policy"],
            policies=[group["policy"]],
            rules={"max_server_per_host": group["max_per_host"]} if group["max_per_host"] is not None else {},
            members=list(group["members"]),
            hosts=hosts,
        )
        if group
        else None,
        numa_topology=hardware.numa_get_constraints(flavor, image or objects.ImageMeta.from_dict({})),
        pci_requests=pci_request.get_pci_requests_from_flavor(flavor),
    )


def verdict(classes, case):
    CONF.clear_override("alias", group="pci")
    for section, name, value in case["options"]:
        CONF.set_override(name, value, group=None if section == "DEFAULT" else section)
    try:
        try:
            spec, state = request_spec(case), host_state(case["host"])
        except Exception as bad:
            return f"invalid {type(bad).__name__} {bad}".replace("\n", " ")
        try:
            return "yes" if classes[case["filter"]]().host_passes(state, spec) else "no"
        except Exception as bad:
            return f"error {type(bad).__name__}"
    finally:
        CONF.reset()
        for section, name, _ in case["options"]:
            CONF.clear_override(name, group=None if section == "DEFAULT" else section)


def main():
    CONF([], default_config_files=[])
    objects.register_all()
    classes = {each.__name__: each for each in filters.HostFilterHandler().get_all_classes()}
    for line in sys.stdin:
        print(verdict(classes, json.loads(line)), flush=True)


main()
