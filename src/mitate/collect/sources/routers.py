"""Routers, with their gateway.

>>> from mitate.collect.sources._sample import told
>>> told(routers, '''[{"id": "50568716-45b2-4140-9ac2-adbc0adc61de", "name": "router1",
...     "project_id": "e353aedd7199417182e7c95b0c9a203b", "admin_state_up": true, "status": "ACTIVE",
...     "external_gateway_info": {"network_id": "e28499fc-7043-4c5f-96ee-cd22a2c96e7f", "enable_snat": true,
...     "external_fixed_ips": [{"subnet_id": "d8a84f2e-b624-413e-908d-a8696d15f748",
...     "ip_address": "203.0.113.171"}]}, "distributed": false, "ha": false}]''', "api")
Router id=50568716-45b2-4140-9ac2-adbc0adc61de name=router1 project_id=e353aedd7199417182e7c95b0c9a203b \
status=ACTIVE admin_up=True gateway_network_id=e28499fc-7043-4c5f-96ee-cd22a2c96e7f \
gateway_ips=('203.0.113.171',) snat=True ha=False distributed=False
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import Router


@source(
    ApiQuestion(
        name="routers",
        limit=64_000_000,
        service="network",
        path="/routers",
        key="routers",
        keep=(
            "id",
            "name",
            "project_id",
            "status",
            "admin_state_up",
            "external_gateway_info",
            "ha",
            "distributed",
        ),
    ),
    Router,
)
def routers(answer: Answer) -> Iterator[Router]:
    for row in records(answer.text):
        fixed = row.pairs("external_gateway_info.external_fixed_ips", "ip_address", "subnet_id")
        yield Router(
            source=answer.source,
            id=row.must("id"),
            name=row.text("name"),
            project_id=row.text("project_id"),
            status=row.must("status"),
            admin_up=row.must_flag("admin_state_up"),
            gateway_network_id=row.text("external_gateway_info.network_id"),
            gateway_ips=tuple(ip for ip, _ in fixed if ip),
            snat=row.flag("external_gateway_info.enable_snat"),
            ha=row.flag("ha"),
            distributed=row.flag("distributed"),
        )
