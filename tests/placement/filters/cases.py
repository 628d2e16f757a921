"""Hosts and requests drawn by chance, as plain JSON: what both Nova's filters and ours are asked about.

A case: the filter's class name, options of the scheduler ([section, name, value]), a host with all that the
scheduler knows of it (also what the API does not tell: supported_instances, stats, numa_cells, pci, metrics),
other hosts with their servers, and a request. Values come from small sets, so that they often meet.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

Case = dict[str, Any]
SERVERS = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(1, 9)]
PROJECTS = ["p-red", "p-green", "p-blue"]
WORDS = ["ssd", "hdd", "a", "b", "2", "16", "", "x y"]
QEMU_CPU = {
    "arch": "x86_64",
    "model": "Nehalem",
    "vendor": "Intel",
    "features": ["aes", "sse4.2", "vmx"],
    "topology": {"cores": 4, "sockets": 1, "threads": 2},
}
DEMANDS = [
    *(
        "ssd",
        "hdd",
        "x y",
        "2",
        "",
        "s== ssd",
        "s!= ssd",
        "s>= b",
        "s<= b",
        "s> a",
        "s< hdd",
        "<in> s",
        "<in>",
    ),
    *(
        "<or> ssd <or> a",
        "<or> hdd",
        "<or>",
        "<or> a b",
        "<all-in> s d",
        "= 4",
        "= x",
        "== 2",
        "!= 2",
        ">= 3",
    ),
    *("<= 16", "<or> a <or>", "s==", "== two", "<all-in>"),
]


def draw(name: str, seed: int, number: int) -> Case:
    """Case NUMBER of a filter; always the same one."""
    rng = Random(f"{name} {seed} {number}")
    case = _case(name, rng)
    _DRAWN.get(name, _plain)(case, rng)
    return case


def _plain(case: Case, rng: Random) -> None:
    """A filter that looks at nothing."""


def _case(name: str, rng: Random) -> Case:
    kind = rng.choice(["QEMU", "QEMU", "fake", "VMware vCenter Server"])
    qemu = kind == "QEMU"
    memory, cpus, disk = rng.choice([4096, 16384]), rng.choice([2, 8]), rng.choice([50, 200])
    used = rng.choice([0, 512, 2048])
    tasks = rng.choice([0, 0, 1, 3, 9])
    servers = rng.sample(SERVERS, rng.randrange(4))
    kvm = rng.random() < 0.5
    host = {
        "host": "compute1",
        "hypervisor": {
            "hypervisor_hostname": rng.choice(["compute1", "compute1.example.org"]),
            "hypervisor_type": kind,
            "hypervisor_version": rng.choice([7002022, 6000000, 1000])
            if qemu
            else rng.choice([1000, 6005000]),
            "host_ip": rng.choice(["10.0.0.21", "10.0.1.21", "192.0.2.7"]),
            "cpu_info": None if kind.startswith("VMware") else QEMU_CPU,
            "vcpus": cpus,
            "vcpus_used": rng.choice([0, 1, cpus, cpus * 2]),
            "memory_mb": memory,
            "memory_mb_used": used,
            "free_ram_mb": memory - used,
            "local_gb": disk,
            "local_gb_used": 10,
            "free_disk_gb": disk - 10,
            "disk_available_least": rng.choice([None, disk - 20, -5]),
            "running_vms": len(servers),
            "current_workload": tasks,
        },
        "service": {"enabled": True, "up": True, "forced_down": False, "disabled_reason": ""},
        "aggregates": [],
        "servers": servers,
        "ratios": {"cpu": 4.0, "ram": 1.0, "disk": 1.0},
        "stats": {"num_instances": len(servers), "io_workload": rng.randint(0, tasks)},
        "supported_instances": _supported(kind, kvm, rng),
        "numa_cells": [{"cpus": cpus, "memory": memory}] if qemu and rng.random() < 0.7 else [],
        "pci": [["154d", rng.choice([1, 4])]] if qemu and rng.random() < 0.5 else [],
        "metrics": [],
        "virt_type": (rng.choice(["kvm", "qemu"]) if kvm else "qemu") if qemu and rng.random() < 0.5 else "",
        "kvm_seen": qemu and rng.random() < 0.5,
        "kvm": kvm,
        "own_options": rng.random() < 0.5,
    }
    host["device_spec"] = bool((host["own_options"] or host["virt_type"]) and host["pci"])
    others = [
        {
            "host": f"compute{number}",
            "servers": rng.sample(sorted(set(SERVERS) - set(servers)), rng.randrange(3)),
        }
        for number in (2, 3)
    ]
    request = {
        "flavor": "m1.small",
        "vcpus": rng.choice([1, 4]),
        "ram_mb": rng.choice([512, 4096]),
        "disk_gb": rng.choice([0, 10]),
        "extra_specs": [],
        "image": {"id": "image-1", "properties": []},
        "from_volume": False,
        "zone": "",
        "hints": [],
        "group": None,
        "project_id": rng.choice(PROJECTS),
        "server_id": "",
    }
    return {
        "filter": name,
        "options": [],
        "host": host,
        "others": others,
        "other_aggregates": [],
        "request": request,
    }


def _supported(kind: str, kvm: bool, rng: Random) -> list[list[str]]:
    if kind == "fake":
        return [["x86_64", "fake", "hvm"]]
    if kind != "QEMU":
        return [["i686", "vmware", "hvm"], ["x86_64", "vmware", "hvm"]]
    found = [[arch, "qemu", "hvm"] for arch in ("i686", "x86_64")]
    found += [[arch, "kvm", "hvm"] for arch in ("i686", "x86_64")] if kvm else []
    return [*found, ["aarch64", "qemu", "hvm"]] if rng.random() < 0.3 else found


def _aggregates(case: Case, rng: Random, keys: list[str], values: list[str], most: int = 3) -> None:
    """Some that the host is in, and two that it is not in."""
    made = [
        {
            "name": f"agg{number}",
            "metadata": {key: rng.choice(values) for key in rng.sample(keys, rng.randint(0, len(keys)))},
        }
        for number in range(rng.randint(0, most) + 2)
    ]
    case["host"]["aggregates"], case["other_aggregates"] = made[:-2], made[-2:]


def _zone(case: Case, rng: Random) -> None:
    _aggregates(case, rng, ["availability_zone", "ssd"], ["az1", "az2", "nova", "az1,az2"], 2)
    case["request"]["zone"] = rng.choice(["", "az1", "az2", "az3", "nova"])
    case["options"] = rng.choice([[], [["DEFAULT", "default_availability_zone", "az3"]]])


def _service(case: Case, rng: Random) -> None:
    case["host"]["service"] = {
        "enabled": rng.random() < 0.6,
        "up": rng.random() < 0.6,
        "forced_down": False,
        "disabled_reason": rng.choice(["", "disk swap"]),
    }
    if rng.random() < 0.2:
        case["host"]["service"] |= {"forced_down": True, "up": False}


def _capabilities(case: Case, rng: Random) -> None:
    names = [
        *("capabilities:cpu_info:arch", "capabilities:cpu_info:features", "capabilities:cpu_info:nothing"),
        *(
            "capabilities:cpu_info:topology:cores",
            "capabilities:cpu_info:topology",
            "capabilities:vcpus_used",
        ),
        *(
            "capabilities:hypervisor_type",
            "capabilities:hypervisor_version",
            "capabilities:free_ram_mb",
            "ssd",
        ),
        *(
            "capabilities:nothing",
            "capabilities:free_disk_mb",
            "capabilities:host",
            "free_ram_mb",
            "vcpus_total",
        ),
        *("capabilities:num_instances", "capabilities:numa_topology", "capabilities:stats:io_workload"),
        *(
            "aggregate_instance_extra_specs:ssd",
            "quota:cpu_shares",
            "num_vm_active",
            "capabilities:free_ram_mb:x",
        ),
        *(
            "capabilities:disk_allocation_ratio",
            "cpu_info",
            "capabilities:host:x",
            "capabilities:total_usable_disk_gb",
        ),
    ]
    demands = [
        *(
            "x86_64",
            "<in> aes",
            "<in> avx",
            "<all-in> aes vmx",
            "<all-in> aes avx",
            "s== QEMU",
            "s!= QEMU",
            "<or> fake",
        ),
        *(
            ">= 2",
            ">= 4096",
            "<= 1",
            "== 3584",
            "= 4",
            "!= 4",
            "s>= QEMU",
            "s< fake",
            "<or> x86_64 <or> i686",
            "4",
        ),
        *("compute1", "<in> compute", ">= many", "true", "dedicated", "<or>", "== 1.0"),
    ]
    case["request"]["extra_specs"] = _specs(rng, names, demands, 3)


def _specs(rng: Random, names: list[str], demands: list[str], most: int) -> list[list[str]]:
    return [[name, rng.choice(demands)] for name in rng.sample(names, rng.randint(0, most))]


def _extra_specs(case: Case, rng: Random) -> None:
    keys = ["ssd", "kind", "size"]
    _aggregates(case, rng, keys, [*WORDS, "ssd,hdd", "a, b", "4"])
    names = [
        *keys,
        *(f"aggregate_instance_extra_specs:{key}" for key in keys),
        "quota:cpu_shares",
        "capabilities:a",
    ]
    case["request"]["extra_specs"] = _specs(rng, names, DEMANDS, 2)


def _image(case: Case, rng: Random) -> None:
    choices = {
        "hw_architecture": ["x86_64", "amd64", "i386", "aarch64", "I686"],
        "architecture": ["x86_64", "aarch64"],
        "img_hv_type": ["kvm", "qemu", "QEMU", "fake", "vmware", "xen"],
        "hypervisor_type": ["qemu", "xapi"],
        "hw_vm_mode": ["hvm", "hv", "xen", "exe"],
        "vm_mode": ["hvm", "pv"],
        "img_hv_requested_version": [">=6.0", ">=6.0,<7.2.30", "<2.0", "==7.2.22", "!=6.0.0", ">7.3"],
        "os_distro": ["debian"],
    }
    names = rng.sample(sorted(choices), rng.randint(0, 4))
    case["request"]["image"]["properties"] = [[name, rng.choice(choices[name])] for name in names]
    if rng.random() < 0.1:
        case["request"]["image"] = None
    if rng.random() < 0.3:
        arch = rng.choice(["x86_64", "aarch64", "i686"])
        case["options"] = [["filter_scheduler", "image_properties_default_architecture", arch]]


def _isolation(case: Case, rng: Random) -> None:
    values = {
        "os_distro": ["windows", "debian"],
        "hw_architecture": ["x86_64", "amd64"],
        "hw_qemu_guest_agent": ["yes", "true", "no", "1"],
        "hw_cpu_cores": ["4", "04", "2"],
        "os_type": ["Linux", "windows"],
        "hw_scsi_model": ["virtio-scsi", "lsilogicsas", "paravirtual"],
        "hw_vif_model": ["VirtualE1000", "virtio"],
        "vmware_ostype": ["windows"],
        "licence": ["yes"],
    }
    keys = [key for key in values if key != "vmware_ostype"]
    _aggregates(
        case,
        rng,
        keys,
        ["windows", "debian", "x86_64", "True", "False", "4", "2", "linux", "lsisas1068", "e1000", "no"],
        2,
    )
    names = rng.sample(sorted(values), rng.randint(0, 4))
    case["request"]["image"]["properties"] = [[name, rng.choice(values[name])] for name in names]
    space = ["filter_scheduler", "aggregate_image_properties_isolation_namespace", "os"]
    separator = ["filter_scheduler", "aggregate_image_properties_isolation_separator", "_"]
    case["options"] = rng.choice([[], [], [space], [space, separator]])
    if rng.random() < 0.05:
        case["request"]["image"] = None


def _tenants(case: Case, rng: Random) -> None:
    _aggregates(case, rng, ["filter_tenant_id", "ssd"], [*PROJECTS, "p-red,p-green", "p-green, p-blue"])


def _types(case: Case, rng: Random) -> None:
    _aggregates(case, rng, ["instance_type", "ssd"], ["m1.small", "m1.large", "m1.large, m1.small", "m1"])


def _group(policies: list[str]) -> Callable[[Case, Random], None]:
    def change(case: Case, rng: Random) -> None:
        if rng.random() < 0.1:
            return
        members = rng.sample(SERVERS, rng.randint(0, 5))
        case["request"]["group"] = {
            "name": "group1",
            "policy": rng.choice(policies),
            "max_per_host": rng.choice([None, None, 1, 2, 3]),
            "members": members,
        }
        if members and rng.random() < 0.3:
            case["request"]["server_id"] = rng.choice(members)

    return change


def _hint(name: str) -> Callable[[Case, Random], None]:
    def change(case: Case, rng: Random) -> None:
        named = rng.sample([*SERVERS, ""], rng.randint(0, 3))
        case["request"]["hints"] = [[name, each] for each in named]

    return change


def _cidr(case: Case, rng: Random) -> None:
    if rng.random() < 0.9:
        case["request"]["hints"].append(
            ["build_near_host_ip", rng.choice(["10.0.0.5", "192.0.2.1", "2001:db8::1", ""])]
        )
    if rng.random() < 0.5:
        case["request"]["hints"].append(
            ["cidr", rng.choice(["/24", "/16", "/32", "/255.255.254.0", "/8", "/64"])]
        )


def _limit(name: str, stat: str) -> Callable[[Case, Random], None]:
    def change(case: Case, rng: Random) -> None:
        case["options"] = rng.choice([[], [["filter_scheduler", name, str(rng.randint(1, 4))]]])
        _aggregates(case, rng, [name, "ssd"], ["1", "2", "5", "many", "2,3", "0"], 2)
        if stat == "io_workload" and rng.random() < 0.1:
            case["options"] = [["filter_scheduler", name, "0"]]

    return change


def _isolated(case: Case, rng: Random) -> None:
    options = []
    if rng.random() < 0.7:
        options.append(
            ["filter_scheduler", "isolated_hosts", rng.choice(["compute1", "compute2", "compute2,compute1"])]
        )
    if rng.random() < 0.6:
        options.append(
            ["filter_scheduler", "isolated_images", rng.choice(["image-1", "image-2", "image-2, image-1"])]
        )
    if rng.random() < 0.5:
        options.append(
            ["filter_scheduler", "restrict_isolated_hosts_to_isolated_images", rng.choice(["true", "false"])]
        )
    case["options"] = options
    if rng.random() < 0.2:
        case["request"]["image"] = None
    elif rng.random() < 0.2:
        case["request"]["from_volume"] = True


def _query(case: Case, rng: Random) -> None:
    variables = [
        *(
            "$free_ram_mb",
            "$vcpus_used",
            "$free_disk_mb",
            "$host",
            "$hypervisor_type",
            "$nothing",
            "$num_instances",
        ),
        *(
            "$total_usable_ram_mb",
            "$hypervisor_hostname",
            "$service.disabled",
            "$service.host",
            "$host.x",
            "$stats.a",
        ),
        *("$cpu_info.arch", "$num_io_ops", "$ram_allocation_ratio", "$hypervisor_version", "$host_ip"),
    ]

    def value() -> Any:
        return rng.choice(
            [rng.choice(variables), rng.randrange(5), 4096, "QEMU", "compute1", True, None, "", 1.5]
        )

    def term(depth: int) -> Any:
        if depth == 0 or rng.random() < 0.4:
            operation = rng.choice(["=", "<", ">", "in", "<=", ">="])
            if rng.random() < 0.6:
                return [operation, rng.choice(variables[:7]), rng.choice([0, 2, 4096, "QEMU", "compute1"])]
            return [operation, *(value() for _ in range(rng.randrange(4)))]
        operation = rng.choice(
            ["and", "or", "not", "and", "or", "?"] if rng.random() < 0.1 else ["and", "or", "not"]
        )
        return [operation, *(term(depth - 1) for _ in range(rng.randrange(4)))]

    text = json.dumps(rng.choice([term(2), term(1), term(0), term(3)]))
    text = rng.choice([text] * 30 + ["", "{}", "[]", "[", "7", '"x"', "null", '{"a": 1}', "[[]]"])
    case["request"]["hints"] = (
        [["query", text]] if rng.random() < 0.97 else [["query", text], ["query", text]]
    )


def _numa(case: Case, rng: Random) -> None:
    names = {
        "hw:numa_nodes": ["1", "2"],
        "hw:cpu_policy": ["dedicated", "shared"],
        "hw:mem_page_size": ["small", "large", "2048"],
        "resources:VCPU": ["1"],
        "hw:cpu_sockets": ["1"],
    }
    chosen = rng.sample(sorted(names), rng.randint(0, 2))
    case["request"]["extra_specs"] = [[name, rng.choice(names[name])] for name in chosen]
    image = {"hw_cpu_policy": ["dedicated", "shared"], "hw_numa_nodes": ["1"], "hw_mem_page_size": ["large"]}
    if rng.random() < 0.3:
        name = rng.choice(sorted(image))
        case["request"]["image"]["properties"] = [[name, rng.choice(image[name])]]


def _pci(case: Case, rng: Random) -> None:
    alias = '{"vendor_id": "8086", "product_id": "154d", "device_type": "type-PCI", "name": "nic"}'
    case["options"] = [["pci", "alias", [alias]]]
    if rng.random() < 0.8:
        case["request"]["extra_specs"] = [["pci_passthrough:alias", rng.choice(["nic:1", "nic:2", "nic:9"])]]


def _metrics(case: Case, rng: Random) -> None:
    case["host"]["metrics"] = rng.sample(["cpu.percent", "cpu.idle.percent"], rng.randint(0, 2))
    if rng.random() < 0.7:
        case["options"] = [
            [
                "metrics",
                "weight_setting",
                rng.choice(["cpu.percent=1.0", "cpu.idle.percent=1.0, cpu.percent=2"]),
            ]
        ]


_DRAWN: dict[str, Callable[[Case, Random], None]] = {
    "AggregateImagePropertiesIsolation": _isolation,
    "AggregateInstanceExtraSpecsFilter": _extra_specs,
    "AggregateIoOpsFilter": _limit("max_io_ops_per_host", "io_workload"),
    "AggregateMultiTenancyIsolation": _tenants,
    "AggregateNumInstancesFilter": _limit("max_instances_per_host", "num_instances"),
    "AggregateTypeAffinityFilter": _types,
    "AvailabilityZoneFilter": _zone,
    "ComputeCapabilitiesFilter": _capabilities,
    "ComputeFilter": _service,
    "DifferentHostFilter": _hint("different_host"),
    "ImagePropertiesFilter": _image,
    "IoOpsFilter": _limit("max_io_ops_per_host", "io_workload"),
    "IsolatedHostsFilter": _isolated,
    "JsonFilter": _query,
    "MetricsFilter": _metrics,
    "NUMATopologyFilter": _numa,
    "NumInstancesFilter": _limit("max_instances_per_host", "num_instances"),
    "PciPassthroughFilter": _pci,
    "SameHostFilter": _hint("same_host"),
    "ServerGroupAffinityFilter": _group(
        ["affinity", "affinity", "affinity", "anti-affinity", "soft-affinity"]
    ),
    "ServerGroupAntiAffinityFilter": _group(["anti-affinity", "anti-affinity", "anti-affinity", "affinity"]),
    "SimpleCIDRAffinityFilter": _cidr,
}
"""What matters to each filter of Zed, drawn afresh; AllHostsFilter takes a case as it is."""
REAL = sorted([*_DRAWN, "AllHostsFilter"])
"""Every filter of Zed."""
