from __future__ import annotations

from typing import Any

from mitate.analyze.checks.kvm_missing import kvm_missing
from mitate.model.diagnosis import State
from mitate.model.host import ConfigOption, KernelModule

VIRT = {"service": "nova-compute", "file": "/etc/nova/nova-compute.conf", "section": "libvirt"}


def test_problem(world: Any) -> None:
    world.add(ConfigOption, "compute1", name="virt_type", value="kvm", **VIRT)
    world.add(KernelModule, "compute1", kvm_device=False, cpu_flags=("vmx",))
    finding = world.only(kvm_missing)
    assert finding.subject.id == "nova-compute@compute1"
    assert "module is not loaded" in finding.says


def test_ok(world: Any) -> None:
    world.add(ConfigOption, "compute1", name="virt_type", value="kvm", **VIRT)
    world.add(KernelModule, "compute1", kvm_device=True, cpu_flags=("vmx",))
    assert world.state(kvm_missing) is State.OK


def test_ok_qemu_is_meant_or_a_later_file_says_so(world: Any) -> None:
    world.add(ConfigOption, "compute1", name="virt_type", value="kvm", **VIRT)
    world.add(ConfigOption, "compute1", name="virt_type", value="qemu", **VIRT)
    world.add(KernelModule, "compute1", kvm_device=False)
    assert world.state(kvm_missing) is State.OK


def test_unknown(world: Any) -> None:
    world.add(ConfigOption, "compute1", name="virt_type", value="kvm", **VIRT)
    world.gap("compute1", KernelModule)
    assert world.state(kvm_missing) is State.UNKNOWN
