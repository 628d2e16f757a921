from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.fixes import on
from mitate.analyze.subjects import service_subject
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigOption, KernelModule

CPU_FLAGS = ("vmx", "svm")


@check(ConfigOption, KernelModule, severity=Severity.CRITICAL)
def kvm_missing(options: Sequence[ConfigOption], modules: Sequence[KernelModule]) -> Problems:
    """nova-compute is told to use KVM on a host that has none.

    What it means
        Every server that is started there fails: libvirt offers no domain of type kvm.
    Why it happens
        Virtualisation is switched off in the firmware, the kvm_intel or kvm_amd module is not loaded, or
        the host is itself a virtual machine without nested virtualisation.
    Look again
        ls -l /dev/kvm; lsmod | grep kvm; grep -c -e vmx -e svm /proc/cpuinfo; virt-host-validate qemu
    Fix
        Enable virtualisation in the firmware and load the module; on a virtual machine for trials, set
        virt_type = qemu under [libvirt] (slow) and restart nova-compute.
    """
    told = {module.source.host: module for module in modules}
    for host, option in _virt_types(options).items():
        module = told.get(host)
        if option.value != "kvm" or module is None or module.kvm_device:
            continue
        able = any(flag in module.cpu_flags for flag in CPU_FLAGS)
        why = "the CPU could, but the kernel module is not loaded" if able else "the CPU does not offer it"
        yield Problem(
            subject=service_subject("nova-compute", host),
            says=f"nova-compute on {host} is set to virt_type kvm, but there is no usable /dev/kvm: {why}",
            seen=(option, module),
            fix=(on(host, "virt-host-validate", "qemu"), on(host, "modprobe", "kvm")),
        )


def _virt_types(options: Sequence[ConfigOption]) -> dict[str, ConfigOption]:
    """[libvirt] virt_type of every host's nova-compute; the last one counts, as in oslo.config."""
    wanted = ("nova-compute", "libvirt", "virt_type")
    return {o.source.host: o for o in options if (o.service, o.section, o.name) == wanted}
