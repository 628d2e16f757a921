"""What kinds of servers a host can run, by what its hypervisor is called.

The scheduler compares image properties with triples (architecture, hypervisor type, VM mode) that each
compute reports (supported_instances); the API does not tell them. Each driver reports always the same ones,
but for libvirt's, which reports what its host can do. Sources: nova/virt/*/ (get_available_resource).
"""

from __future__ import annotations

import msgspec


class Driver(msgspec.Struct, frozen=True):
    """archs: architectures of servers it can run, () when that is the node's own. hv_types, vm_modes: of
    img_hv_type and hw_vm_mode. fixed: archs and hv_types are all there is; else a host may have others.

    numa, pci: whether the driver reports the NUMA cells and the PCI devices of its hosts at all.
    """

    archs: tuple[str, ...]
    hv_types: tuple[str, ...]
    vm_modes: tuple[str, ...]
    fixed: bool = True
    numa: bool = False
    pci: bool = False


_X86 = ("x86_64", "i686")
_DRIVERS = {
    "qemu": Driver((), ("kvm", "qemu"), ("hvm",), fixed=False, numa=True, pci=True),
    "lxc": Driver((), ("lxc",), ("exe",), fixed=False, numa=True, pci=True),
    "xen": Driver((), ("xen",), ("xen", "hvm"), fixed=False, numa=True, pci=True),
    "vmware vcenter server": Driver(_X86, ("vmware",), ("hvm",)),
    "hyperv": Driver(_X86, ("hyperv",), ("hvm",), numa=True, pci=True),
    "zvm": Driver(("s390x",), ("zvm",), ("hvm",)),
    "ironic": Driver((), ("baremetal",), ("hvm",), fixed=False),
    "fake": Driver(("x86_64",), ("fake",), ("hvm",)),
}


def driver_of(hypervisor_type: str) -> Driver | None:
    """By the hypervisor_type of the API; None for one that is not known here."""
    return _DRIVERS.get(hypervisor_type.lower())
