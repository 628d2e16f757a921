from __future__ import annotations

from collections.abc import Sequence

from mitate.analyze.check import Problem, Problems, check
from mitate.analyze.subjects import service_subject
from mitate.model.diagnosis import Severity
from mitate.model.host import ConfigOption, KernelModule


@check(ConfigOption, KernelModule, severity=Severity.INFO)
def kvm_unused(options: Sequence[ConfigOption], modules: Sequence[KernelModule]) -> Problems:
    """nova-compute emulates CPUs in software on a host that has KVM.

    What it means
        Servers run, some ten times slower than they could.
    Why it happens
        virt_type = qemu was set for a trial, or copied from one; or KVM became available later.
    Look again
        grep -n virt_type /etc/nova/*.conf; ls -l /dev/kvm
    Fix
        Set virt_type = kvm under [libvirt], restart nova-compute, and hard-reboot the servers there.
        Servers cannot be migrated live from one type to the other.
    """
    usable = {m.source.host: m for m in modules if m.kvm_device and {"vmx", "svm"} & set(m.cpu_flags)}
    wanted = ("nova-compute", "libvirt", "virt_type")
    types = {o.source.host: o for o in options if (o.service, o.section, o.name) == wanted}
    for host, option in types.items():
        if option.value == "qemu" and host in usable:
            yield Problem(
                subject=service_subject("nova-compute", host),
                says=f"nova-compute on {host} emulates CPUs (virt_type qemu), though /dev/kvm is there",
                seen=(option, usable[host]),
            )
