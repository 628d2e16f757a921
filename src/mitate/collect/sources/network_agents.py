"""Neutron's agents, with the heartbeat that Neutron saw last.

>>> from mitate.collect.sources._sample import told
>>> told(network_agents, '''[{"id": "35db02ad-8eb9-45f3-acbe-c7dd8381979a",
...     "binary": "neutron-linuxbridge-agent", "agent_type": "Linux bridge agent", "host": "network",
...     "admin_state_up": true,
...     "started_at": "2026-11-22 15:15:32", "heartbeat_timestamp": "2026-11-22 15:33:24", "alive": true,
...     "configurations": {"bridge_mappings": {}, "devices": 3, "interface_mappings": {"physnet1": "eth2"},
...     "tunneling_ip": "10.0.1.12"}}]''', "api")
NetworkAgent id=35db02ad-8eb9-45f3-acbe-c7dd8381979a type=Linux bridge agent \
binary=neutron-linuxbridge-agent host=network alive=True admin_up=True \
heartbeat_at=2026-11-22 15:33:24+00:00 \
started_at=2026-11-22 15:15:32+00:00 devices=3 tunnel_ip=10.0.1.12 bridge_mappings=(('physnet1', 'eth2'),)
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, ApiQuestion, source
from mitate.collect.sources._json import records
from mitate.model.cloud import NetworkAgent


@source(
    ApiQuestion(
        name="network_agents",
        limit=64_000_000,
        service="network",
        path="/agents",
        key="agents",
        keep=(
            "id",
            "agent_type",
            "binary",
            "host",
            "alive",
            "admin_state_up",
            "heartbeat_timestamp",
            "started_at",
            "configurations.devices",
            "configurations.tunneling_ip",
            "configurations.bridge_mappings",
            "configurations.interface_mappings",
        ),
    ),
    NetworkAgent,
)
def network_agents(answer: Answer) -> Iterator[NetworkAgent]:
    for row in records(answer.text):
        yield NetworkAgent(
            source=answer.source,
            id=row.must("id"),
            type=row.must("agent_type"),
            binary=row.must("binary"),
            host=row.must("host"),
            alive=row.must_flag("alive"),
            admin_up=row.must_flag("admin_state_up"),
            heartbeat_at=row.when("heartbeat_timestamp"),
            started_at=row.when("started_at"),
            devices=row.number("configurations.devices"),
            tunnel_ip=row.text("configurations.tunneling_ip"),
            # The Linux bridge agent maps physical networks to interfaces, Open vSwitch's to bridges.
            bridge_mappings=tuple(
                sorted(
                    row.mapping("configurations.bridge_mappings")
                    + row.mapping("configurations.interface_mappings")
                )
            ),
        )
