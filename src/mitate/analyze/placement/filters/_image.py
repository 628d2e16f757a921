"""An image's properties as Nova reads them: old names, cases and kinds made one (nova/objects/image_meta.py).

Nova knows a closed list of names; filters see no other property of an image.
"""

from __future__ import annotations

from functools import lru_cache

from mitate.model.placement import Image

_OLD_NAMES = {
    "architecture": "hw_architecture",
    "auto_disk_config": "hw_auto_disk_config",
    "bdm_v2": "img_bdm_v2",
    "bittorrent": "img_bittorrent",
    "block_device_mapping": "img_block_device_mapping",
    "cache_in_nova": "img_cache_in_nova",
    "hypervisor_type": "img_hv_type",
    "hypervisor_version_requires": "img_hv_requested_version",
    "ipxe_boot": "hw_ipxe_boot",
    "mappings": "img_mappings",
    "owner_id": "img_owner_id",
    "root_device_name": "img_root_device_name",
    "vm_mode": "hw_vm_mode",
    "vmware_disktype": "hw_disk_type",
    "vmware_image_version": "img_version",
    "vmware_linked_clone": "img_linked_clone",
    "vmware_ostype": "os_distro",
    "xenapi_device_id": "hw_device_id",
    "xenapi_image_compression_level": "img_compression_level",
    "xenapi_skip_agent_inject_files_at_boot": "os_skip_agent_inject_files_at_boot",
    "xenapi_skip_agent_inject_ssh": "os_skip_agent_inject_ssh",
    "xenapi_use_agent": "img_use_agent",
}
"""The name of today wins where an image has both."""

_FLAG_NAMES = """
    hw_boot_menu hw_ephemeral_encryption hw_firmware_stateless hw_ipxe_boot hw_locked_memory
    hw_mem_encryption hw_pmu hw_qemu_guest_agent hw_time_hpet hw_vif_multiqueue_enabled
    hw_virtio_packed_ring img_bdm_v2 img_bittorrent img_cache_in_nova img_hide_hypervisor_id
    img_linked_clone img_use_agent os_require_quiesce os_skip_agent_inject_files_at_boot
    os_skip_agent_inject_ssh
"""
_NUMBER_NAMES = """
    hw_cpu_cores hw_cpu_max_cores hw_cpu_max_sockets hw_cpu_max_threads hw_cpu_sockets hw_cpu_threads
    hw_device_id hw_maxphysaddr_bits hw_numa_nodes hw_redirected_usb_ports hw_serial_port_count
    hw_video_ram img_compression_level img_version
"""
_LOWER_NAMES = """
    hw_architecture hw_emulation_architecture hw_scsi_model hw_vif_model hw_vm_mode img_hv_type os_type
"""
_WORD_NAMES = """
    hw_auto_disk_config hw_cdrom_bus hw_cpu_policy hw_cpu_realtime_mask hw_cpu_thread_policy hw_disk_bus
    hw_disk_type hw_ephemeral_encryption_format hw_firmware_type hw_floppy_bus hw_input_bus hw_machine_type
    hw_maxphysaddr_mode hw_mem_page_size hw_pci_numa_affinity_policy hw_pointer_model hw_rescue_bus
    hw_rescue_device hw_rng_model hw_sound_model hw_tpm_model hw_tpm_version hw_usb_model hw_video_model
    hw_viommu_model hw_watchdog_action img_config_drive img_hv_requested_version img_owner_id
    img_root_device_name img_signature img_signature_certificate_uuid img_signature_hash_method
    img_signature_key_type os_admin_user os_command_line os_distro os_secure_boot
"""
_LIST_NAMES = "hw_numa_cpus hw_numa_mem img_block_device_mapping img_mappings traits_required"
_FLAGS = frozenset(_FLAG_NAMES.split())
_NUMBERS = frozenset(_NUMBER_NAMES.split())
_LOWER = frozenset(_LOWER_NAMES.split())
_KNOWN = _FLAGS | _NUMBERS | _LOWER | frozenset(_WORD_NAMES.split())
STRUCTURED = frozenset(_LIST_NAMES.split())
"""Names that hold lists; no text of aggregate metadata equals one."""
_SAME = {
    "hw_architecture": {"i386": "i686", "i486": "i686", "i586": "i686", "x86_32": "i686", "x86_32p": "i686"}
    | {"amd64": "x86_64"},
    "hw_vm_mode": {"pv": "xen", "hv": "hvm", "baremetal": "hvm"},
    "img_hv_type": {"xapi": "xen"},
    "hw_vif_model": {"virtuale1000": "e1000", "virtuale1000e": "e1000e", "virtualpcnet32": "pcnet"}
    | {"virtualsriovethernetcard": "sriov", "virtualvmxnet": "vmxnet", "virtualvmxnet3": "vmxnet3"},
    "hw_scsi_model": {"lsilogicsas": "lsisas1068", "paravirtual": "vmpvscsi"},
}
_SAME["hw_emulation_architecture"] = _SAME["hw_architecture"]


def known(name: str) -> bool:
    """Whether Nova reads a property of that name off an image."""
    return name in _KNOWN


def counts(name: str, value: str) -> bool:
    """Whether Python takes the value for true: Nova's filters pass over a property that is 0 or False.

    >>> counts("hw_boot_menu", "False"), counts("hw_cpu_cores", "0"), counts("os_distro", "0")
    (False, False, True)
    """
    nothing = {"False"} if name in _FLAGS else {"0"} if name in _NUMBERS else set()
    return bool(value) and value not in nothing


def settable(name: str, value: str) -> bool:
    """Whether a property that is set to a value keeps it as it is written.

    >>> settable("os_type", "Linux"), settable("hw_cpu_cores", "four"), settable("hw_boot_menu", "True")
    (False, False, True)
    """
    return canonical(name, value) == value and (name not in _NUMBERS or value.isdecimal())


def canonical(name: str, value: str) -> str:
    """A value as Nova keeps it, written as Python writes it ("True", "4", "x86_64").

    >>> canonical("hw_architecture", "AMD64"), canonical("hw_qemu_guest_agent", "yes")
    ('x86_64', 'True')
    """
    if name in _FLAGS:
        return str(value.strip().lower() in ("1", "t", "true", "on", "y", "yes"))
    if name in _NUMBERS:
        return str(int(value)) if value.strip().lstrip("-").isdecimal() else value
    word = value.lower() if name in _LOWER else value
    return _SAME.get(name, {}).get(word, word)


@lru_cache(maxsize=8)
def properties(image: Image | None) -> dict[str, str]:
    """The properties of an image under Nova's own names; none without an image. Treat it as read-only.

    A server that boots from a volume has those of the image that the volume was made of.
    """
    raw = dict(image.properties) if image else {}
    named = {_OLD_NAMES[name]: value for name, value in raw.items() if name in _OLD_NAMES}
    adapter = raw.get("vmware_adaptertype")
    if adapter == "ide":
        named["hw_disk_bus"] = "ide"
    elif adapter:
        named |= {"hw_disk_bus": "scsi", "hw_scsi_model": adapter}
    named |= {name: value for name, value in raw.items() if known(name)}
    return {name: canonical(name, value) for name, value in named.items() if known(name)}


def names_in(image: Image | None, name: str) -> tuple[str, ...]:
    """What the image itself calls a property: its name of today, old ones, or several of them."""
    raw = dict(image.properties) if image else {}
    old = [old for old, new in _OLD_NAMES.items() if new == name]
    if name in ("hw_disk_bus", "hw_scsi_model"):
        old.append("vmware_adaptertype")
    return tuple(each for each in (name, *old) if each in raw)
