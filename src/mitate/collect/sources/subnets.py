"""Subnets.

>>> from mitate.collect.sources._sample import told
>>> told(subnets, '''[{"id": "5f33ee47-30ce-4249-9da4-3bd1c3fb27b7", "name": "private-subnet",
...     "network_id": "79c6eed6-7afe-48eb-87a0-2beff868846b", "ip_version": 4, "enable_dhcp": true,
...     "gateway_ip": "10.10.0.1", "cidr": "10.10.0.0/24",
...     "host_routes": [{"destination": "192.0.2.0/24", "nexthop": "10.10.0.9"}]}]''', "api")
Subnet id=5f33ee47-30ce-4249-9da4-3bd1c3fb27b7 name=private-subnet \
network_id=79c6eed6-7afe-48eb-87a0-2beff868846b cidr=10.10.0.0/24 ip_version=4 gateway_ip=10.10.0.1 \
dhcp=True host_routes=(('192.0.2.0/24', '10.10.0.9'),)
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import Subnet


@source(
    ApiQuestion(
        name="subnets",
        limit=64_000_000,
        service="network",
        path="/subnets",
        key="subnets",
        keep=(
            "id",
            "name",
            "network_id",
            "cidr",
            "ip_version",
            "gateway_ip",
            "enable_dhcp",
            "host_routes",
        ),
    ),
    Subnet,
)
def subnets(answer: Answer) -> Iterator[Subnet]:
    for row in records(answer.text):
        yield Subnet(
            source=answer.source,
            id=row.must("id"),
            name=row.text("name"),
            network_id=row.must("network_id"),
            cidr=row.must("cidr"),
            ip_version=row.must_number("ip_version"),
            gateway_ip=row.text("gateway_ip"),
            dhcp=row.must_flag("enable_dhcp"),
            host_routes=row.pairs("host_routes", "destination", "nexthop"),
        )
