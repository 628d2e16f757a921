from __future__ import annotations

from typing import Any

from mitate.analyze.checks.kvm_unused import kvm_unused
from mitate.model.diagnosis import Severity, State
from mitate.model.host import ConfigOption, KernelModule

VIRT = {"service": "nova-compute", "file": "/etc/nova/nova.conf", "section": "libvirt", "name": "virt_type"}


def test_problem_is_only_mentioned(world: Any) -> None:
    world.add(ConfigOption, "compute1", value="qemu", **VIRT)
    world.add(KernelModule, "compute1", kvm_device=True, cpu_flags=("svm",))
    assert world.only(kvm_unused).severity is Severity.INFO


def test_ok(world: Any) -> None:
    world.add(ConfigOption, "compute1", value="qemu", **VIRT)
    world.add(KernelModule, "compute1", kvm_device=False)
    world.add(ConfigOption, "compute2", value="kvm", **VIRT)
    world.add(KernelModule, "compute2", kvm_device=True)
    assert world.state(kvm_unused) is State.OK


def test_ok_device_of_a_virtual_machine_that_cannot(world: Any) -> None:
    world.add(ConfigOption, "compute1", value="qemu", **VIRT)
    world.add(KernelModule, "compute1", kvm_device=True)
    assert world.state(kvm_unused) is State.OK


def test_unknown(world: Any) -> None:
    world.gap("compute1", ConfigOption, KernelModule)
    assert world.state(kvm_unused) is State.UNKNOWN
