"""Whose a RabbitMQ queue is, by oslo.messaging's names: TOPIC, TOPIC.HOST, TOPIC_fanout_ID, reply_ID."""

from __future__ import annotations

from collections.abc import Set

from mitate.analyze.life import Key

TOPICS = {
    "conductor": ("nova-conductor",),
    "scheduler": ("nova-scheduler",),
    "compute": ("nova-compute",),
    "q-plugin": ("neutron-rpc-server", "neutron-server"),
    "q-reports-plugin": ("neutron-rpc-server", "neutron-server"),
    "q-l3-plugin": ("neutron-rpc-server", "neutron-server"),
    "q-server-resource-versions": ("neutron-rpc-server", "neutron-server"),
    "dhcp_agent": ("neutron-dhcp-agent",),
    "l3_agent": ("neutron-l3-agent",),
    "q-agent-notifier": ("neutron-linuxbridge-agent", "neutron-openvswitch-agent"),
    "cinder-scheduler": ("cinder-scheduler",),
    "cinder-volume": ("cinder-volume",),
    "cinder-backup": ("cinder-backup",),
    "engine": ("heat-engine",),
    "octavia_prov_wrk": ("octavia-worker",),
}
"""Who consumes a topic; of several, the one that the cloud has (nova/rpc, neutron_lib.agent.topics…)."""

IGNORED = ("reply_", "notifications", "versioned_notifications", "event", "amq.")
"""Queues of callers that are gone, and those that are filled whether or not anybody listens."""


def owner(queue: str, known: Set[Key]) -> tuple[str, str] | None:
    """(service, host) that takes its messages, host "" for a queue that all of them share; None when unknown.

    >>> owner("compute.compute1", set()), owner("q-plugin", {("c1", "neutron-server")})
    (('nova-compute', 'compute1'), ('neutron-server', ''))
    >>> owner("reply_4839f4b1", set()), owner("compute_fanout_0cb5", set()), owner("compute", set())
    (None, None, ('nova-compute', ''))
    """
    if queue.startswith(IGNORED) or "_fanout" in queue:
        return None
    topic, _, host = queue.partition(".")
    if topic.startswith("q-agent-notifier-"):
        topic = "q-agent-notifier"
        if not host:
            return None  # whichever agent comes first takes it: every host has a queue of its own
    services = TOPICS.get(topic)
    if services is None:
        return None
    host = host.partition("@")[0]
    if host:
        found = next((name for name in services if (host, name) in known), services[0])
    else:
        there = {name for _, name in known}
        found = next((name for name in services if name in there), services[0])
    return (found, host)
