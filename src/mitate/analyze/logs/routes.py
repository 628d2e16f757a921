"""Which file answers which path of an API: as the services' own sources lay it out (Zed to Hibiscus)."""

from __future__ import annotations

import re

_FILES: dict[str, tuple[tuple[str, str], ...]] = {
    "keystone": (
        (r"/auth/tokens|/auth/", "keystone/api/auth.py"),
        (r"/users", "keystone/api/users.py"),
        (r"/projects", "keystone/api/projects.py"),
        (r"/roles", "keystone/api/roles.py"),
        (r"/role_assignments", "keystone/api/role_assignments.py"),
        (r"/domains", "keystone/api/domains.py"),
        (r"/services", "keystone/api/services.py"),
        (r"/endpoints", "keystone/api/endpoints.py"),
        (r"/regions", "keystone/api/regions.py"),
        (r"/groups", "keystone/api/groups.py"),
        (r"/credentials", "keystone/api/credentials.py"),
        (r"/limits", "keystone/api/limits.py"),
        (r"", "keystone/api/discovery.py"),
    ),
    "glance": (
        (r"/images/[^/]+/(?:file|stage)", "glance/api/v2/image_data.py"),
        (r"/images/[^/]+/members", "glance/api/v2/image_members.py"),
        (r"/images/[^/]+/tags", "glance/api/v2/image_tags.py"),
        (r"/images/[^/]+/actions", "glance/api/v2/image_actions.py"),
        (r"/images", "glance/api/v2/images.py"),
        (r"/schemas", "glance/api/v2/schemas.py"),
        (r"/tasks", "glance/api/v2/tasks.py"),
        (r"/info", "glance/api/v2/discovery.py"),
        (r"", "glance/api/versions.py"),
    ),
    "placement": (
        (r"/allocation_candidates", "placement/handlers/allocation_candidate.py"),
        (r"/resource_providers/[^/]+/inventories", "placement/handlers/inventory.py"),
        (r"/resource_providers/[^/]+/usages|/usages", "placement/handlers/usage.py"),
        (r"/resource_providers/[^/]+/traits|/traits", "placement/handlers/trait.py"),
        (r"/resource_providers/[^/]+/aggregates", "placement/handlers/aggregate.py"),
        (r"/resource_providers/[^/]+/allocations|/allocations", "placement/handlers/allocation.py"),
        (r"/resource_providers", "placement/handlers/resource_provider.py"),
        (r"/resource_classes", "placement/handlers/resource_class.py"),
        (r"/reshaper", "placement/handlers/reshaper.py"),
        (r"", "placement/handlers/root.py"),
    ),
    "nova": (
        (r"/servers/[^/]+/action", "nova/api/openstack/compute/servers.py"),
        (r"/servers/[^/]+/os-interface", "nova/api/openstack/compute/attach_interfaces.py"),
        (r"/servers/[^/]+/os-volume_attachments", "nova/api/openstack/compute/volumes.py"),
        (r"/servers/[^/]+/os-instance-actions", "nova/api/openstack/compute/instance_actions.py"),
        (r"/servers/[^/]+/(?:diagnostics)", "nova/api/openstack/compute/server_diagnostics.py"),
        (r"/servers/[^/]+/metadata", "nova/api/openstack/compute/server_metadata.py"),
        (r"/servers/[^/]+/migrations", "nova/api/openstack/compute/server_migrations.py"),
        (r"/servers/[^/]+/(?:remote-consoles)", "nova/api/openstack/compute/remote_consoles.py"),
        (r"/servers", "nova/api/openstack/compute/servers.py"),
        (r"/flavors/[^/]+/os-extra_specs", "nova/api/openstack/compute/flavors_extraspecs.py"),
        (r"/flavors", "nova/api/openstack/compute/flavors.py"),
        (r"/os-keypairs", "nova/api/openstack/compute/keypairs.py"),
        (r"/os-services", "nova/api/openstack/compute/services.py"),
        (r"/os-hypervisors", "nova/api/openstack/compute/hypervisors.py"),
        (r"/os-availability-zone", "nova/api/openstack/compute/availability_zone.py"),
        (r"/os-aggregates", "nova/api/openstack/compute/aggregates.py"),
        (r"/os-quota-sets", "nova/api/openstack/compute/quota_sets.py"),
        (r"/os-server-groups", "nova/api/openstack/compute/server_groups.py"),
        (r"/os-server-external-events", "nova/api/openstack/compute/server_external_events.py"),
        (r"/os-migrations", "nova/api/openstack/compute/migrations.py"),
        (r"/limits", "nova/api/openstack/compute/limits.py"),
        (r"/(?:latest|\d{4}-\d\d-\d\d|openstack)(?:/|$)", "nova/api/metadata/handler.py"),
        (r"", "nova/api/openstack/compute/versions.py"),
    ),
    "neutron": (
        (r"/security-group", "neutron/db/securitygroups_db.py"),
        (r"/routers/[^/]+/", "neutron/db/l3_db.py"),
        (r"/routers|/floatingips", "neutron/db/l3_db.py"),
        (r"/subnetpools", "neutron/db/db_base_plugin_v2.py"),
        (r"/networks|/subnets|/ports", "neutron/plugins/ml2/plugin.py"),
        (r"/agents", "neutron/db/agents_db.py"),
        (r"/quotas", "neutron/db/quota/driver.py"),
        (r"/qos", "neutron/services/qos/qos_plugin.py"),
        (r"/trunks", "neutron/services/trunk/plugin.py"),
        (r"/rbac-policies", "neutron/db/rbac_db_mixin.py"),
        (r"/extensions", "neutron/api/extensions.py"),
    ),
    "cinder": (
        (r"/volumes", "cinder/api/v3/volumes.py"),
        (r"/snapshots", "cinder/api/v3/snapshots.py"),
        (r"/backups", "cinder/api/v3/backups.py"),
        (r"/attachments", "cinder/api/v3/attachments.py"),
    ),
}
_BENEATH: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "keystone": (
        (r"/auth/", ("keystone/token/provider.py", "keystone/auth/core.py", "keystone/identity/core.py")),
        (r"/users|/groups", ("keystone/identity/core.py",)),
        (r"/projects|/domains", ("keystone/resource/core.py",)),
        (r"/role", ("keystone/assignment/core.py",)),
        (r"/services|/endpoints|/regions", ("keystone/catalog/core.py",)),
    ),
    "glance": (
        (r"/images/[^/]+/(?:file|stage)", ("glance/location.py", "glance/api/v2/images.py")),
        (r"/images", ("glance/db/sqlalchemy/api.py", "glance/db/__init__.py", "glance/api/policy.py")),
    ),
    "placement": (
        (
            r"/allocation_candidates",
            ("placement/objects/allocation_candidate.py", "placement/objects/research_context.py"),
        ),
        (r"/allocations", ("placement/objects/allocation.py",)),
        (r"/inventories", ("placement/objects/resource_provider.py", "placement/objects/inventory.py")),
        (r"/resource_providers", ("placement/objects/resource_provider.py",)),
    ),
    "nova": ((r"/servers|/os-", ("nova/compute/api.py", "nova/api/openstack/compute/views/servers.py")),),
    "neutron": (
        (r"/ports", ("neutron/plugins/ml2/managers.py", "neutron/db/db_base_plugin_v2.py")),
        (r"/networks|/subnets", ("neutron/db/db_base_plugin_v2.py", "neutron/db/ipam_pluggable_backend.py")),
        (r"/routers|/floatingips", ("neutron/services/l3_router/l3_router_plugin.py",)),
        (r"/security-group", ("neutron/api/rpc/handlers/securitygroups_rpc.py",)),
    ),
}
"""What the code above leans on for it: where what it answers is made."""


def beneath(project: str, path: str) -> tuple[str, ...]:
    return next((files for pattern, files in _BENEATH.get(project, ()) if re.search(pattern, path)), ())


_COMPILED = {
    project: tuple((re.compile(pattern), file) for pattern, file in files)
    for project, files in _FILES.items()
}


def answering(project: str, path: str) -> str:
    """
    >>> answering("glance", "/v2/images/8fd7/file"), answering("heat", "/v1/stacks")
    ('glance/api/v2/image_data.py', '')
    """
    return next((file for pattern, file in _COMPILED.get(project, ()) if pattern.search(path)), "")
