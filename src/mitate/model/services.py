"""The services of an OpenStack cloud under one canonical name, whatever the deployment calls their units.

The canonical name is the upstream binary's (nova-compute, neutron-l3-agent); for services that run under a
web server it is the name of their WSGI application (nova-api, keystone, placement-api, neutron-api).
"""

from __future__ import annotations

import msgspec


class Service(msgspec.Struct, frozen=True):
    """name: canonical. project: nova, neutron, … or the infrastructure's kind (broker, database, cache).

    reports: it has a row with a heartbeat in the API (compute service list or network agent list).
    """

    name: str
    project: str
    reports: bool = False
    api: str = ""
    """The service type of the endpoint that it answers for."""


SERVICES: tuple[Service, ...] = (
    Service("keystone", "keystone", api="identity"),
    Service("glance-api", "glance", api="image"),
    Service("placement-api", "placement", api="placement"),
    Service("nova-api", "nova", api="compute"),
    Service("nova-api-metadata", "nova"),
    Service("nova-scheduler", "nova", reports=True),
    Service("nova-conductor", "nova", reports=True),
    Service("nova-compute", "nova", reports=True),
    Service("nova-novncproxy", "nova"),
    Service("neutron-api", "neutron", api="network"),
    Service("neutron-server", "neutron", api="network"),
    Service("neutron-rpc-server", "neutron"),
    Service("neutron-periodic-workers", "neutron"),
    Service("neutron-linuxbridge-agent", "neutron", reports=True),
    Service("neutron-openvswitch-agent", "neutron", reports=True),
    Service("neutron-l3-agent", "neutron", reports=True),
    Service("neutron-dhcp-agent", "neutron", reports=True),
    Service("neutron-metadata-agent", "neutron", reports=True),
    Service("neutron-ovn-metadata-agent", "neutron", reports=True),
    Service("cinder-api", "cinder", api="volumev3"),
    Service("cinder-scheduler", "cinder"),
    Service("cinder-volume", "cinder"),
    Service("cinder-backup", "cinder"),
    Service("heat-api", "heat", api="orchestration"),
    Service("heat-engine", "heat"),
    Service("octavia-api", "octavia", api="load-balancer"),
    Service("octavia-worker", "octavia"),
    Service("ovn-controller", "ovn"),
    Service("ovn-northd", "ovn"),
    Service("ovs-vswitchd", "ovs"),
    Service("ovsdb-server", "ovs"),
    Service("libvirtd", "libvirt"),
    Service("rabbitmq-server", "broker"),
    Service("mariadb", "database"),
    Service("memcached", "cache"),
    Service("haproxy", "haproxy"),
)

BY_NAME = {service.name: service for service in SERVICES}
