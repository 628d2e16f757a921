"""Whose log a line is of: by what a journal calls its writer, and by the logger that wrote it."""

from __future__ import annotations

import re
from functools import lru_cache

from mitate.collect.logs.find import service_of
from mitate.model.recognise import PROJECTS, service_of_container, service_of_unit
from mitate.model.services import BY_NAME

_BY_LOGGER = (
    ("nova.osapi_compute", "nova-api"),
    ("nova.api.metadata", "nova-api-metadata"),
    ("nova.metadata", "nova-api-metadata"),
    ("nova.api.openstack.placement", "placement-api"),
    ("nova.api", "nova-api"),
    ("nova.compute.manager", "nova-compute"),
    ("nova.compute.resource_tracker", "nova-compute"),
    ("nova.compute.claims", "nova-compute"),
    ("nova.virt", "nova-compute"),
    ("nova.scheduler.client", "nova-compute"),
    ("nova.scheduler", "nova-scheduler"),
    ("nova.filters", "nova-scheduler"),
    ("nova.conductor", "nova-conductor"),
    ("nova.console", "nova-novncproxy"),
    ("neutron.agent.l3", "neutron-l3-agent"),
    ("neutron.agent.dhcp", "neutron-dhcp-agent"),
    ("neutron.agent.ovn.metadata", "neutron-ovn-metadata-agent"),
    ("neutron.agent.metadata", "neutron-metadata-agent"),
    ("neutron.plugins.ml2.drivers.openvswitch.agent", "neutron-openvswitch-agent"),
    ("neutron.plugins.ml2.drivers.linuxbridge.agent", "neutron-linuxbridge-agent"),
    ("neutron.plugins", "neutron-server"),
    ("neutron.wsgi", "neutron-server"),
    ("neutron.api", "neutron-server"),
    ("neutron.db", "neutron-server"),
    ("neutron.services", "neutron-server"),
    ("placement", "placement-api"),
    ("keystone", "keystone"),
    ("glance", "glance-api"),
    ("cinder.api", "cinder-api"),
    ("cinder.volume", "cinder-volume"),
    ("cinder.scheduler", "cinder-scheduler"),
    ("cinder.backup", "cinder-backup"),
    ("heat.api", "heat-api"),
    ("heat.engine", "heat-engine"),
    ("octavia.api", "octavia-api"),
    ("octavia.controller.worker", "octavia-worker"),
    ("rabbit", "rabbitmq-server"),
    ("mysqld", "mariadb"),
)


@lru_cache(maxsize=4096)
def service_by_logger(logger: str) -> str:
    """The service whose code it is, "" when several share it.

    >>> service_by_logger("nova.compute.manager"), service_by_logger("nova.network.neutron")
    ('nova-compute', '')
    """
    return next((name for begin, name in _BY_LOGGER if logger == begin or logger.startswith(f"{begin}.")), "")


@lru_cache(maxsize=4096)
def service_by_program(program: str) -> str:
    """By a unit, a container, a tag of syslog, or the name of the file that a line was put together from."""
    if "/" in program or ".log" in program:
        return service_of(program)
    return service_of_unit(program) or service_of_container(program)


@lru_cache(maxsize=4096)
def project_of(logger: str, service: str) -> str:
    """Whose code wrote it: the logger's own project, else that of the service that uses the library.

    >>> project_of("nova.virt.driver", ""), project_of("oslo_messaging.rpc.server", "neutron-l3-agent")
    ('nova', 'neutron')
    """
    first = re.split(r"[.:(]", logger, maxsplit=1)[0]
    if first in PROJECTS:
        return first
    if service in BY_NAME:
        return BY_NAME[service].project
    return service.partition("-")[0] if service else ""
