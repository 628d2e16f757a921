from __future__ import annotations

from mitate.analyze.placement.answers import Refusal, Unseen
from mitate.analyze.placement.cloud import Cloud, HostState
from mitate.analyze.placement.filters._drivers import driver_of
from mitate.analyze.placement.filters._filter import refuse, scheduler_filter
from mitate.analyze.placement.filters._looks import own_options
from mitate.analyze.placement.filters._mends import flavor_without
from mitate.model.placement import Wanted
from mitate.model.source import Fact

ALIAS = "pci_passthrough:alias"
_OFFERS = ("device_spec", "passthrough_whitelist", "pci_passthrough_whitelist")
"""Options by which a compute offers devices: of today, until Yoga, until Newton."""


@scheduler_filter("PciPassthroughFilter")
def pci_passthrough(host: HostState, wanted: Wanted, cloud: Cloud) -> Refusal | None:
    """A host must have the PCI devices free that the flavour asks for.

    What it means
        The flavour has pci_passthrough:alias=NAME:COUNT, and the host has too few free devices of that alias.
        Which devices a host offers, and which are free, the API does not tell: only that a host whose
        nova.conf offers none ([pci] device_spec) has none is certain, as with a driver that passes none on.
        Ports of vnic_type direct ask for devices, too.
    Why it happens
        The alias is known to the API but no compute offers such a device; vendor or product differ between
        alias and device_spec; the IOMMU is off; or all are taken.
    Look again
        openstack flavor show FLAVOR -c properties
        grep -A9 '^\\[pci\\]' /etc/nova/nova.conf   (on the host)
        ssh HOST lspci -nn
    Fix
        Offer the device on the host ([pci] device_spec) and restart nova-compute, or
        openstack flavor unset FLAVOR --property pci_passthrough:alias
    """
    alias = wanted.spec(ALIAS)
    if not alias:
        return None
    own = own_options(host, cloud)
    driver = driver_of(host.hypervisor.type) if host.hypervisor else None
    seen: Fact
    mends = (flavor_without(wanted, (ALIAS,), risk="the server then comes up without the device"),)
    if driver and not driver.pci and host.hypervisor:
        why_not, seen = f"passes no PCI devices on ({host.hypervisor.type})", host.hypervisor
    elif own and not any(each.section in ("pci", "DEFAULT") and each.name in _OFFERS for each in own):
        why_not, seen = "offers no PCI devices in its nova.conf", own[0]
    else:
        raise Unseen(f"which PCI devices {host.host} has free is not told ({alias} is asked for)", mends)
    return refuse(
        "PciPassthroughFilter",
        f"flavour {wanted.flavor_name} asks for PCI devices {alias}, and host {host.host} {why_not}",
        wanted=alias,
        available="no PCI devices",
        seen=(seen,),
        mends=mends,
    )
