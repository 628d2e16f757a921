"""What Nova's request filters add to a request before Placement is asked (nova.scheduler.request_filter)."""

from __future__ import annotations

from mitate.analyze.placement.cloud import Cloud
from mitate.analyze.placement.draft import Draft, Impossible
from mitate.model.placement import Wanted

_IMAGE_TYPES = "AKI AMI ARI ISO PLOOP QCOW2 RAW VDI VHD VHDX VMDK"
_MODELS = {
    "hw_cdrom_bus": ("COMPUTE_STORAGE_BUS", "FDC IDE LXC SATA SCSI UML USB VIRTIO XEN"),
    "hw_disk_bus": ("COMPUTE_STORAGE_BUS", "FDC IDE LXC SATA SCSI UML USB VIRTIO XEN"),
    "hw_video_model": ("COMPUTE_GRAPHICS_MODEL", "BOCHS CIRRUS GOP NONE QXL VGA VIRTIO VMVGA XEN"),
    "hw_vif_model": (
        "COMPUTE_NET_VIF_MODEL",
        "E1000 E1000E LAN9118 NE2K_PCI NETFRONT PCNET RTL8139 SPAPR_VLAN SRIOV VIRTIO VMXNET VMXNET3",
    ),
    "hw_architecture": (
        "HW_ARCH",
        "AARCH64 ALPHA ARMV6 ARMV7 ARMV7B CRIS I686 IA64 LM32 M68K MICROBLAZE MICROBLAZEEL MIPS MIPS64 "
        "MIPS64EL MIPSEL OPENRISC PARISC PARISC64 PPC PPC64 PPC64LE PPCEMB PPCLE S390 S390X SH4 SH4EB SPARC "
        "SPARC64 UNICORE32 X86_64 XTENSA XTENSAEB",
    ),
    "hw_emulation_architecture": ("COMPUTE_ARCH", "AARCH64 MIPSEL PPC64LE RISCV64 S390X X86_64"),
    "hw_viommu_model": ("COMPUTE_VIOMMU", ""),
}
"""Image property → prefix of the trait, and the values that are traits (os-traits). Nova gives the whole
filter up when one value is none: so it does for every hw_viommu_model, whose traits are called otherwise."""


def apply(draft: Draft, wanted: Wanted, cloud: Cloud) -> None:
    """Every request filter, in Nova's order."""
    _tenant(draft, wanted, cloud)
    _zone(draft, wanted, cloud)
    _image_type(draft, wanted, cloud)
    draft.root["no_trait", "COMPUTE_STATUS_DISABLED"] = "request filter compute_status_filter"
    _isolated(draft, cloud)
    _image_metadata(draft, wanted, cloud)
    _accelerators(draft, wanted)
    _encryption(draft, wanted)
    _owner(draft, cloud)
    if _on(cloud, "query_placement_for_routed_network_aggregates", default=False):
        draft.assumptions.append(
            "routed networks: the aggregates of the network's segments were not looked at"
        )


def _on(cloud: Cloud, name: str, *, default: bool) -> bool:
    said = cloud.option("scheduler", name)
    return default if said is None else said.strip().lower() in {"true", "yes", "on", "1"}


def _tenant(draft: Draft, wanted: Wanted, cloud: Cloud) -> None:
    """A project with aggregates of its own (metadata filter_tenant_id…) gets no other hosts."""
    if not _on(cloud, "limit_tenants_to_placement_aggregate", default=False):
        return
    if not wanted.project_id:
        draft.assumptions.append("the project is not known: its aggregates were not demanded")
        return
    own = frozenset(
        each.uuid
        for each in cloud.aggregates
        if any(value == wanted.project_id for _, value in each.metadata)
        and any(key.startswith("filter_tenant_id") for key, _ in each.metadata)
    )
    if own:
        draft.member_of.append((own, f"aggregates of project {wanted.project_id}"))
    elif _on(cloud, "placement_aggregate_required_for_tenants", default=False):
        draft.refused = (
            f"project {wanted.project_id} has no aggregate (metadata filter_tenant_id), and "
            "placement_aggregate_required_for_tenants demands one"
        )


def _zone(draft: Draft, wanted: Wanted, cloud: Cloud) -> None:
    """A zone becomes the aggregates that name it (default since Xena); one without any is not asked for, nor
    is one that a forced host is not in (Nova's bug 1934770)."""
    if not wanted.zone or not _on(cloud, "query_placement_for_availability_zone", default=True):
        return
    named = [
        each
        for each in cloud.aggregates
        if wanted.zone in (each.zone, dict(each.metadata).get("availability_zone"))
    ]
    if not named:
        return
    if wanted.forced_host and not any(wanted.forced_host in each.hosts for each in named):
        draft.assumptions.append(
            f"the forced host {wanted.forced_host} is not in zone {wanted.zone}: Nova forgets the zone"
        )
        return
    uuids = frozenset(each.uuid for each in named)
    draft.member_of.append((uuids, f"availability zone {wanted.zone}"))


def _image_type(draft: Draft, wanted: Wanted, cloud: Cloud) -> None:
    image = wanted.image
    if not image or wanted.from_volume:
        return
    kind = image.disk_format.upper()
    if kind in _IMAGE_TYPES.split() and _on(cloud, "query_placement_for_image_type_support", default=False):
        draft.root["trait", f"COMPUTE_IMAGE_TYPE_{kind}"] = f"disk format of image {image.name or image.id}"


def _isolated(draft: Draft, cloud: Cloud) -> None:
    """Aggregates that demand a trait (trait:NAME=required) keep out whoever does not ask for it."""
    if not _on(cloud, "enable_isolated_aggregate_filtering", default=False):
        return
    asked = draft.required()
    for each in cloud.aggregates:
        for key, value in each.metadata:
            if key.startswith("trait:") and value == "required" and key.removeprefix("trait:") not in asked:
                draft.not_member_of[each.uuid] = f"aggregate {each.name} is kept for {key}"


def _image_metadata(draft: Draft, wanted: Wanted, cloud: Cloud) -> None:
    if not wanted.image or not _on(cloud, "image_metadata_prefilter", default=False):
        return
    found = {}
    for key, (prefix, values) in _MODELS.items():
        value = wanted.image_property(key)
        if value is None:
            continue
        name = value.replace("-", "_").upper()
        if name not in values.split():
            return
        found[f"{prefix}_{name}"] = f"property {key}={value} of image {wanted.image.name or wanted.image.id}"
    for trait, origin in found.items():
        draft.root["trait", trait] = origin


def _accelerators(draft: Draft, wanted: Wanted) -> None:
    profile = wanted.spec("accel:device_profile")
    if profile:
        draft.root["trait", "COMPUTE_ACCELERATORS"] = f"property accel:device_profile={profile}"
        draft.assumptions.append(f"device profile {profile}: what Cyborg makes of it was not asked")


def _encryption(draft: Draft, wanted: Wanted) -> None:
    """Raises Impossible."""
    said = (wanted.spec("hw:ephemeral_encryption"), wanted.image_property("hw_ephemeral_encryption"))
    asked = {value.strip().lower() in {"1", "t", "true", "on", "y", "yes"} for value in said if value}
    if len(asked) > 1:
        raise Impossible("flavour and image differ in hw:ephemeral_encryption")
    if True not in asked:
        return
    origin = "ephemeral encryption that flavour or image asks for"
    draft.root["trait", "COMPUTE_EPHEMERAL_ENCRYPTION"] = origin
    form = wanted.spec("hw:ephemeral_encryption_format") or wanted.image_property(
        "hw_ephemeral_encryption_format"
    )
    if form:
        draft.root["trait", f"COMPUTE_EPHEMERAL_ENCRYPTION_{form.upper()}"] = origin


def _owner(draft: Draft, cloud: Cloud) -> None:
    """Since 2026.2 computes mark their providers with OWNER_NOVA, and the scheduler takes no other."""
    if any("OWNER_NOVA" in traits for traits in cloud.traits.values()):
        draft.root["trait", "OWNER_NOVA"] = "request filter owner_nova_filter"
