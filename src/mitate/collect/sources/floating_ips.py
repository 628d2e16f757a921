"""Floating IPs.

>>> from mitate.collect.sources._sample import told
>>> told(floating_ips, '''[{"id": "a29440ea-3604-4dba-b636-ee7b4abd18be",
...     "floating_ip_address": "203.0.113.151", "floating_network_id": "e28499fc-7043-4c5f-96ee-cd22a2c96e7f",
...     "router_id": "50568716-45b2-4140-9ac2-adbc0adc61de", "fixed_ip_address": "10.10.0.246",
...     "port_id": "dece6489-0c7f-48c1-a895-5b8bc4472bd6", "status": "ACTIVE"}]''', "api")
FloatingIp id=a29440ea-3604-4dba-b636-ee7b4abd18be address=203.0.113.151 \
network_id=e28499fc-7043-4c5f-96ee-cd22a2c96e7f status=ACTIVE fixed_ip=10.10.0.246 \
port_id=dece6489-0c7f-48c1-a895-5b8bc4472bd6 router_id=50568716-45b2-4140-9ac2-adbc0adc61de
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import FloatingIp


@source(
    ApiQuestion(
        name="floating_ips",
        limit=64_000_000,
        service="network",
        path="/floatingips",
        key="floatingips",
        keep=(
            "id",
            "floating_ip_address",
            "floating_network_id",
            "status",
            "fixed_ip_address",
            "port_id",
            "router_id",
            "updated_at",
        ),
    ),
    FloatingIp,
)
def floating_ips(answer: Answer) -> Iterator[FloatingIp]:
    for row in records(answer.text):
        yield FloatingIp(
            source=answer.source,
            id=row.must("id"),
            address=row.must("floating_ip_address"),
            network_id=row.must("floating_network_id"),
            status=row.text("status"),
            fixed_ip=row.text("fixed_ip_address"),
            port_id=row.text("port_id"),
            router_id=row.text("router_id"),
            updated_at=row.when("updated_at"),
        )
