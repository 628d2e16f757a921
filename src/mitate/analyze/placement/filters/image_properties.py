from __future__ import annotations

import operator
import re
from collections.abc import Callable

from mitate.analyze.placement.answers import Mend, Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._drivers import Driver, driver_of
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._image import canonical, names_in, properties
from mitate.analyze.placement.filters._looks import own_options
from mitate.analyze.placement.filters._mends import image_with, image_without
from mitate.analyze.placement.filters._state import cpu_info
from mitate.model.host import KernelModule
from mitate.model.placement import Wanted

ARCH, HV_TYPE, VM_MODE, VERSION = "hw_architecture", "img_hv_type", "hw_vm_mode", "img_hv_requested_version"
_DEFAULT_ARCH = "image_properties_default_architecture"
_COMPARE: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
RISK = "a system made for something else will not start there"


@scheduler_filter("ImagePropertiesFilter")
def image_properties(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must be able to run servers of the image's architecture, hypervisor type, VM mode and version.

    What it means
        The image says hw_architecture, img_hv_type, hw_vm_mode or img_hv_requested_version (or their old
        names architecture, hypervisor_type, vm_mode, hypervisor_version_requires), and the host's driver does
        not offer that.
    Why it happens
        An image of another architecture; properties that a tool set when the image came from another cloud
        (hypervisor_type=xen); or [filter_scheduler] image_properties_default_architecture, which holds for
        every image that does not name its architecture.
        What a host offers the API does not tell: it follows from its driver, and of a libvirt host from its
        own nova.conf and its own architecture. An emulator for another one may be installed: not seen.
    Look again
        openstack image show IMAGE -c properties
        openstack --os-compute-api-version 2.53 hypervisor show HOST
    Fix
        openstack image unset --property hw_architecture IMAGE
    """
    image = properties(wanted.image)
    arch = image.get(ARCH)
    default = cloud.option("filter_scheduler", _DEFAULT_ARCH) or ""
    asked = {
        ARCH: arch or canonical(ARCH, default) or None,
        HV_TYPE: image.get(HV_TYPE),
        VM_MODE: image.get(VM_MODE),
    }
    demands = {name: value for name, value in asked.items() if value}
    if not demands:
        return None  # the version is compared only where one of the others is asked for
    hypervisor = host.hypervisor
    driver = driver_of(hypervisor.type) if hypervisor else None
    if hypervisor is None or driver is None:
        raise Unseen(f"what the hypervisor of {host.host} offers is not known")
    failed, unseen = {}, None
    unsure: list[str] = []
    for name, value in demands.items():
        try:
            has = _offers(name, host, driver, cloud)
            if value not in has:
                _may_be_elsewhere(name, value, host, driver, cloud)
                offers = driver.hv_types if name == HV_TYPE else has
                failed[name] = f"{name}={value} (but {' or '.join(offers)})"
        except Unseen as why:
            unseen = why
            unsure += names_in(wanted.image, name)
    version = image.get(VERSION)
    if version:
        try:
            if not _satisfied(hypervisor.version, version, host.host):
                failed[VERSION] = f"version {version} (but {hypervisor.version})"
        except Unseen as why:
            unseen = why
    if not failed:
        if unseen:
            raise Unseen(str(unseen), (image_without(wanted, unsure, RISK),) if unsure else ())
        return None
    name = next(iter(failed))
    return refuse(
        "ImagePropertiesFilter",
        f"host {host.host} ({hypervisor.type}) does not offer {' and '.join(failed.values())}",
        wanted=image.get(name) or asked.get(name),
        available=failed[name].rpartition("(but ")[2].rstrip(")"),
        seen=(hypervisor, wanted.image),
        mends=_mends(wanted, list(failed), host, driver, cloud) if unseen is None else (),
    )


def _mends(wanted: Wanted, failed: list[str], host: HostState, driver: Driver, cloud: Cloud) -> list[Mend]:
    """Properties off the image; where the default architecture is in the way, too, the host's own instead."""
    default = canonical(ARCH, cloud.option("filter_scheduler", _DEFAULT_ARCH) or "")
    archs = _offers(ARCH, host, driver, cloud) if ARCH in failed else ()
    called = [each for name in failed for each in names_in(wanted.image, name)]
    if ARCH not in failed or not default or default in archs:
        return [image_without(wanted, called, RISK)]
    if failed == [ARCH] and wanted.image:
        return [image_with(wanted, {ARCH: archs[0]}, RISK)]
    return []


def _offers(name: str, host: HostState, driver: Driver, cloud: Cloud) -> tuple[str, ...]:
    """What of one kind the host surely offers. Raises Unseen when that is not told."""
    if name == VM_MODE:
        return driver.vm_modes
    if name == HV_TYPE:
        return driver.hv_types if driver.fixed or len(driver.hv_types) == 1 else _virt_types(host, cloud)
    if driver.archs:
        return driver.archs
    own = canonical(ARCH, str(cpu_info(host).get("arch", "")))
    return (own, "i686") if own == "x86_64" else (own,)


def _virt_types(host: HostState, cloud: Cloud) -> tuple[str, ...]:
    """Of a libvirt host: what its nova-compute was told to use."""
    told = [
        each.value
        for each in own_options(host, cloud)
        if each.section == "libvirt" and each.name == "virt_type"
    ]
    return tuple(dict.fromkeys(value for value in told if value))


def _may_be_elsewhere(name: str, value: str, host: HostState, driver: Driver, cloud: Cloud) -> None:
    """Raise Unseen when the host may offer a value after all, in a way that nobody told."""
    if driver.fixed or name == VM_MODE:
        return
    if name == ARCH:
        raise Unseen(f"whether {host.host} has an emulator for {value} is not told")
    if value not in driver.hv_types:
        return
    devices = [each for each in cloud.snapshot.all(KernelModule) if each.source.host == host.host]
    if value == "kvm" and devices and not devices[0].kvm_device:
        return
    raise Unseen(f"whether libvirt on {host.host} offers {value} is not told")


def _satisfied(version: int | None, demanded: str, host: str) -> bool:
    """Whether a hypervisor's version (7002000 is 7.2.0) meets a predicate like ">=6.0,<8". Raises Unseen."""
    if version == 0:
        return True
    if version is None:
        raise Unseen(f"the version of the hypervisor of {host} is not told")
    digits: list[int] = []
    while version:
        version, digit = divmod(version, 1000)
        digits.insert(0, digit)
    has = tuple(digits + [0] * (3 - len(digits)))
    for part in demanded.split(","):
        found = re.fullmatch(r"\s*(<=|>=|<|>|!=|==)\s*(\d{1,9}(?:\.\d{1,9}){1,2})\s*", part)
        if not found:
            raise Unseen(f"the version demanded ({part.strip()}) is not understood")
        numbers = tuple(int(number) for number in found[2].split("."))
        if not _COMPARE[found[1]](has, numbers + (0,) * (3 - len(numbers))):
            return False
    return True
