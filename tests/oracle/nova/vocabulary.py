"""What a request may hold: images, properties of a flavour with their odds, queries of the JSON filter."""

from __future__ import annotations

import msgspec

Pairs = tuple[tuple[str, str], ...]

LICENSE = "CUSTOM_ORACLE_LICENSE"
"""A resource class of a provider below some hosts."""
TRAITS = ("CUSTOM_ORACLE_SSD", "CUSTOM_ORACLE_GPU", "HW_CPU_X86_AVX2")
NOBODY = "CUSTOM_ORACLE_NOBODY"
"""A trait that exists and that no host has."""


class Image(msgspec.Struct, frozen=True):
    name: str
    properties: Pairs = ()
    min_ram_mb: int = 0
    disk_format: str = "raw"


IMAGES = (
    Image("oracle-plain"),
    Image("oracle-plain2"),
    Image("oracle-qcow2", disk_format="qcow2"),
    Image("oracle-iso", disk_format="iso"),
    Image("oracle-vhd", disk_format="vhd"),
    Image("oracle-min-ram", min_ram_mb=3000),
    Image("oracle-x86", (("hw_architecture", "x86_64"),)),
    Image("oracle-arm", (("hw_architecture", "aarch64"),)),
    Image("oracle-qemu", (("img_hv_type", "qemu"),)),
    Image("oracle-fake", (("img_hv_type", "fake"), ("hw_vm_mode", "hvm"))),
    Image("oracle-xen", (("hw_vm_mode", "xen"),)),
    Image("oracle-version", (("img_hv_type", "fake"), ("img_hv_requested_version", ">=2.0"))),
    Image("oracle-ssd", (("trait:CUSTOM_ORACLE_SSD", "required"),)),
    Image("oracle-debian", (("os_distro", "debian"),)),
    Image("oracle-windows", (("os_distro", "windows"), ("os_type", "windows"))),
    Image("oracle-bus", (("hw_disk_bus", "virtio"), ("hw_vif_model", "virtio"))),
    Image("oracle-numa", (("hw_numa_nodes", "2"),)),
    Image("oracle-pinned", (("hw_cpu_policy", "dedicated"),)),
)

SPECS: tuple[tuple[int, Pairs], ...] = (
    (6, (("trait:CUSTOM_ORACLE_SSD", "required"),)),
    (4, (("trait:CUSTOM_ORACLE_SSD", "forbidden"),)),
    (4, (("trait:CUSTOM_ORACLE_GPU", "required"),)),
    (3, (("trait:CUSTOM_ORACLE_GPU", "forbidden"), ("trait:CUSTOM_ORACLE_SSD", "required"))),
    (3, (("trait:HW_CPU_X86_AVX2", "required"),)),
    (2, ((f"trait:{NOBODY}", "required"),)),
    (1, (("trait:CUSTOM_ORACLE_UNHEARD_OF", "required"),)),
    (2, (("trait:COMPUTE_STATUS_DISABLED", "forbidden"),)),
    (5, ((f"resources:{LICENSE}", "1"),)),
    (3, ((f"resources:{LICENSE}", "3"),)),
    (3, ((f"resources1:{LICENSE}", "1"), (f"resources2:{LICENSE}", "1"), ("group_policy", "none"))),
    (3, ((f"resources1:{LICENSE}", "1"), (f"resources2:{LICENSE}", "1"), ("group_policy", "isolate"))),
    (2, ((f"resources1:{LICENSE}", "1"), (f"resources2:{LICENSE}", "1"))),
    (2, ((f"resources1:{LICENSE}", "1"), ("trait1:CUSTOM_ORACLE_GPU", "required"))),
    (2, (("resources:VCPU", "1"), ("resources:MEMORY_MB", "64"))),
    (2, (("resources:DISK_GB", "0"),)),
    (4, (("capabilities:hypervisor_type", "fake"),)),
    (2, (("capabilities:hypervisor_type", "s== QEMU"),)),
    (2, (("capabilities:vcpus_total", ">= 5"),)),
    (2, (("capabilities:vcpus_total", "<= 2"),)),
    (2, (("capabilities:cpu_info:arch", "x86_64"),)),
    (2, (("capabilities:cpu_info:features", "<in> clflush"),)),
    (1, (("capabilities:cpu_info:topology:sockets", ">= 2"),)),
    (1, (("capabilities:no_such_thing", "1"),)),
    (2, (("capabilities:num_instances", "<= 1"),)),
    (6, (("aggregate_instance_extra_specs:oracle_tier", "gold"),)),
    (3, (("aggregate_instance_extra_specs:oracle_tier", "<or> gold <or> silver"),)),
    (3, (("aggregate_instance_extra_specs:oracle_tier", "s!= gold"),)),
    (2, (("aggregate_instance_extra_specs:oracle_tier", "<in> old"),)),
    (3, (("aggregate_instance_extra_specs:oracle_level", ">= 3"),)),
    (2, (("aggregate_instance_extra_specs:oracle_level", "== 2"),)),
    (1, (("oracle_tier", "gold"),)),
    (3, (("hw:cpu_policy", "dedicated"),)),
    (1, (("hw:cpu_policy", "dedicated"), ("hw:cpu_thread_policy", "isolate"))),
    (1, (("hw:cpu_policy", "shared"),)),
    (2, (("hw:numa_nodes", "1"),)),
    (1, (("hw:mem_page_size", "large"),)),
    (1, (("hw:mem_page_size", "any"),)),
    (1, (("hw:watchdog_action", "reset"),)),
    (1, (("hw:ephemeral_encryption", "true"),)),
    (1, (("hw:tpm_version", "2.0"), ("hw:tpm_model", "tpm-tis"))),
    (2, (("pci_passthrough:alias", "gpu:1"),)),
    (1, (("quota:cpu_shares", "512"),)),
    (1, (("hw_rng:allowed", "true"),)),
)

QUERIES = (
    '[">=", "$free_ram_mb", 7500]',
    '["<", "$num_instances", 1]',
    '["and", [">=", "$vcpus_total", 5], ["=", "$hypervisor_type", "fake"]]',
    '["not", ["=", "$hypervisor_type", "fake"]]',
    '["or", ["in", "$host", "{0}", "{1}"], [">", "$num_instances", 0]]',
    '["=", "$hypervisor_hostname", "{0}"]',
)
