"""The rules of every security group.

>>> from mitate.collect.sources._sample import told
>>> told(security_group_rules, '''[{"id": "10a0b6fb-8657-483f-9c19-236da389823c", "ethertype": "IPv4",
...     "security_group_id": "789f04f7-4aa4-48a7-bd45-d127771ca2fb", "direction": "ingress",
...     "protocol": "tcp", "port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "0.0.0.0/0",
...     "remote_group_id": null}]''', "api")
SecurityGroupRule id=10a0b6fb-8657-483f-9c19-236da389823c group_id=789f04f7-4aa4-48a7-bd45-d127771ca2fb \
direction=ingress ethertype=IPv4 protocol=tcp port_min=22 port_max=22 remote_prefix=0.0.0.0/0
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import SecurityGroupRule


@source(
    ApiQuestion(
        name="security_group_rules",
        limit=64_000_000,
        service="network",
        path="/security-group-rules",
        key="security_group_rules",
        keep=(
            "id",
            "security_group_id",
            "direction",
            "ethertype",
            "protocol",
            "port_range_min",
            "port_range_max",
            "remote_ip_prefix",
            "remote_group_id",
        ),
    ),
    SecurityGroupRule,
)
def security_group_rules(answer: Answer) -> Iterator[SecurityGroupRule]:
    for row in records(answer.text):
        yield SecurityGroupRule(
            source=answer.source,
            id=row.must("id"),
            group_id=row.must("security_group_id"),
            direction=row.must("direction"),
            ethertype=row.text("ethertype"),
            protocol=row.text("protocol"),
            port_min=row.number("port_range_min"),
            port_max=row.number("port_range_max"),
            remote_prefix=row.text("remote_ip_prefix"),
            remote_group_id=row.text("remote_group_id"),
        )
