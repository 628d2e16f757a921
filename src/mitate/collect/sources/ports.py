"""Ports, with their binding (shown to an administrator only).

>>> from mitate.collect.sources._sample import told
>>> told(ports, '''[{"id": "25052e81-81e1-49b0-925d-0319cce191ab", "name": "",
...     "network_id": "79c6eed6-7afe-48eb-87a0-2beff868846b", "mac_address": "fa:16:3e:95:26:75",
...     "admin_state_up": true, "status": "ACTIVE", "device_id": "9d0c23f7-869e-4c54-ba88-10f2ffe09a69",
...     "device_owner": "compute:nova", "binding:host_id": "compute2", "binding:vif_type": "bridge",
...     "fixed_ips": [{"subnet_id": "5f33ee47-30ce-4249-9da4-3bd1c3fb27b7", "ip_address": "10.10.0.33"}],
...     "security_groups": ["d9aad6de-1e07-4b04-b527-eedcb396c95e"], "binding:vnic_type": "normal",
...     "port_security_enabled": true, "allowed_address_pairs": []}]''', "api")
Port id=25052e81-81e1-49b0-925d-0319cce191ab network_id=79c6eed6-7afe-48eb-87a0-2beff868846b \
mac=fa:16:3e:95:26:75 status=ACTIVE admin_up=True device_owner=compute:nova \
device_id=9d0c23f7-869e-4c54-ba88-10f2ffe09a69 host=compute2 vif_type=bridge vnic_type=normal security=True \
fixed_ips=(('5f33ee47-30ce-4249-9da4-3bd1c3fb27b7', '10.10.0.33'),) \
security_groups=('d9aad6de-1e07-4b04-b527-eedcb396c95e',)
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import Port


@source(
    ApiQuestion(
        name="ports",
        limit=64_000_000,
        service="network",
        path="/ports",
        key="ports",
        keep=(
            "id",
            "name",
            "network_id",
            "mac_address",
            "status",
            "admin_state_up",
            "device_owner",
            "device_id",
            "binding:host_id",
            "binding:vif_type",
            "binding:vnic_type",
            "port_security_enabled",
            "fixed_ips",
            "security_groups",
            "allowed_address_pairs",
            "created_at",
        ),
    ),
    Port,
)
def ports(answer: Answer) -> Iterator[Port]:
    for row in records(answer.text):
        yield Port(
            source=answer.source,
            id=row.must("id"),
            name=row.text("name"),
            network_id=row.must("network_id"),
            mac=row.must("mac_address"),
            status=row.must("status"),
            admin_up=row.must_flag("admin_state_up"),
            device_owner=row.text("device_owner"),
            device_id=row.text("device_id"),
            host=row.text("binding:host_id"),
            vif_type=row.text("binding:vif_type"),
            vnic_type=row.text("binding:vnic_type"),
            security=row.flag("port_security_enabled"),
            fixed_ips=row.pairs("fixed_ips", "subnet_id", "ip_address"),
            security_groups=row.texts("security_groups"),
            allowed_pairs=row.pairs("allowed_address_pairs", "ip_address", "mac_address"),
            created_at=row.when("created_at"),
        )
