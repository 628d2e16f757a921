"""Networks, with what they are made of underneath (shown to an administrator only).

>>> from mitate.collect.sources._sample import told
>>> told(networks, '''[{"id": "79c6eed6-7afe-48eb-87a0-2beff868846b", "name": "private",
...     "project_id": "e353aedd7199417182e7c95b0c9a203b", "admin_state_up": true, "mtu": 1450,
...     "status": "ACTIVE", "subnets": ["5f33ee47-30ce-4249-9da4-3bd1c3fb27b7"], "router:external": false,
...     "provider:network_type": "vxlan", "provider:physical_network": null,
...     "provider:segmentation_id": 1671}]''', "api")
Network id=79c6eed6-7afe-48eb-87a0-2beff868846b name=private project_id=e353aedd7199417182e7c95b0c9a203b \
status=ACTIVE admin_up=True external=False mtu=1450 type=vxlan segmentation_id=1671 \
subnet_ids=('5f33ee47-30ce-4249-9da4-3bd1c3fb27b7',)
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import Network


@source(
    ApiQuestion(
        name="networks",
        limit=64_000_000,
        service="network",
        path="/networks",
        key="networks",
        keep=(
            "id",
            "name",
            "project_id",
            "status",
            "admin_state_up",
            "router:external",
            "mtu",
            "provider:network_type",
            "provider:physical_network",
            "provider:segmentation_id",
            "subnets",
        ),
    ),
    Network,
)
def networks(answer: Answer) -> Iterator[Network]:
    for row in records(answer.text):
        yield Network(
            source=answer.source,
            id=row.must("id"),
            name=row.text("name"),
            project_id=row.text("project_id"),
            status=row.must("status"),
            admin_up=row.must_flag("admin_state_up"),
            # Absent when the router extension is not loaded: then no network is external.
            external=row.flag("router:external") is True,
            mtu=row.number("mtu"),
            type=row.text("provider:network_type"),
            physical_network=row.text("provider:physical_network"),
            segmentation_id=row.number("provider:segmentation_id"),
            subnet_ids=row.texts("subnets"),
        )
