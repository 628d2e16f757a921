"""Who was asked when it failed: an error that is only another service's answer names that service."""

from __future__ import annotations

import re
from typing import NamedTuple

from mitate.analyze.askers import BY_HTTP, BY_RPC
from mitate.analyze.logs.origin import innermost, own
from mitate.model.logs import Event


class Callee(NamedTuple):
    """project: whose answer it was. how: ``http``, ``rpc``, ``event`` (it was to tell something),
    ``port``, ``empty``, ``database``, ``broker``, ``libvirt``. service: of the project, where that is told.
    status: of the answer, or 0. unreached: there was nobody to answer.
    """

    project: str
    how: str
    service: str = ""
    status: int = 0
    unreached: bool = False


_CLIENTS = {
    "neutronclient": "neutron",
    "glanceclient": "glance",
    "cinderclient": "cinder",
    "novaclient": "nova",
    "keystoneclient": "keystone",
    "keystonemiddleware": "keystone",
    "heatclient": "heat",
    "ironicclient": "ironic",
    "barbicanclient": "barbican",
}
_PORTS = {
    "5000": "keystone",
    "35357": "keystone",
    "9292": "glance",
    "8774": "nova",
    "8775": "nova",
    "8778": "placement",
    "8780": "placement",
    "9696": "neutron",
    "8776": "cinder",
    "8004": "heat",
    "9876": "octavia",
    "6385": "ironic",
    "9311": "barbican",
}
_BY_FILE = (
    *((file, project) for file, project, _ in BY_HTTP),
    (re.compile(r"neutron/notifiers/(?:nova|batch_notifier)\.py|(?:cinder|neutron)/.*/?nova\.py"), "nova"),
    (re.compile(r"neutron/notifiers/ironic\.py"), "ironic"),
    (re.compile(r"neutron_lib/placement/client\.py|neutron/services/placement_report"), "placement"),
)
_RPC = (
    *BY_RPC,
    (
        re.compile(r"neutron/agent/|neutron/plugins/ml2/drivers/[\w/]*agent|neutron/api/rpc/handlers/"),
        "neutron",
        "",
    ),
)
_URL = re.compile(r"https?://[\w.\[\]:-]*?(?::(\d{2,5}))?(/[^\s'\"]*)?(?:[\s'\"]|$)")
_PATHS = (
    (re.compile(r"/v3/auth|/identity"), "keystone"),
    (
        re.compile(
            r"/v2\.0/(?:ports|networks|subnets|routers|floatingips|security|extensions|quotas)|/networking"
        ),
        "neutron",
    ),
    (
        re.compile(
            r"/(?:allocation_candidates|resource_providers|allocations|traits|resource_classes)|/placement"
        ),
        "placement",
    ),
    (re.compile(r"/v2/images|/image(?:/|$)"), "glance"),
    (re.compile(r"/v2\.1/|/compute"), "nova"),
    (re.compile(r"/v3/[0-9a-f]{32}/(?:volumes|attachments)|/volume"), "cinder"),
)
_STATUS = re.compile(
    r"(?:HTTP|status(?: code)?:?|code) ?\(?(4\d\d|5\d\d)\b|\b(5\d\d"
    r"|4\d\d) (?:[A-Z][a-z]+ ){1,3}(?:Error|for )"
)
_WIRING = re.compile(
    r"network-vif-(?:un)?plugged|VirtualInterfaceCreateException|[Bb]inding failed for port"
    r"|PortBindingFailed|vif_type=binding_failed"
)
_TIMEOUT = re.compile(r"MessagingTimeout|Timed out waiting for a reply")
_UNREACHED = re.compile(
    r"ECONNREFUSED|ECONNRESET|Connection (?:refused|reset|aborted)|Unable to establish connection"
    r"|ConnectFailure|ConnectTimeout|Max retries exceeded|NewConnectionError|No route to host|timed out"
)
_NOBODY = re.compile(r"no (?:exchange|queue) '([a-z0-9_-]+?)(?:_fanout|\.[\w.-]+)?' in vhost")
"""RabbitMQ's words where nobody listens to a topic any more: they went with the last listener."""
_TOPICS = {
    "l3_agent": ("neutron", "neutron-l3-agent"),
    "dhcp_agent": ("neutron", "neutron-dhcp-agent"),
    "q-plugin": ("neutron", "neutron-rpc-server"),
    "compute": ("nova", "nova-compute"),
    "scheduler": ("nova", "nova-scheduler"),
    "conductor": ("nova", "nova-conductor"),
}
_BROKER = re.compile(r"AMQP server|amqp\.exceptions|kombu\.|MessageDeliveryFailure|impl_rabbit")
_DATABASE = re.compile(
    r"DBConnectionError|pymysql\.err|Lost connection to MySQL|Can't connect to MySQL|DBDeadlock"
)
_LIBVIRT = re.compile(
    r"Failed to connect socket to '[^']{0,100}libvirt|[Cc]onnection to libvirt (?:failed|lost)"
    r"|[Cc]annot connect to libvirt"
    r"|HypervisorUnavailable|Connection to the hypervisor is broken"
)
_HTTP = re.compile(
    r"keystoneauth1[./]|requests\.exceptions|urllib3[./]|openstack[./](?:exceptions|proxy|resource)"
)
_WORDS = (
    (re.compile(r"\b[Pp]lacement (?:API|service)|from placement"), "placement"),
    (
        re.compile(
            r"\b(?:[Kk]eystone|[Ii]dentity) (?:API|service|server|endpoint)|token (?:may be|is) invalid"
        ),
        "keystone",
    ),
    (re.compile(r"\b[Nn]eutron (?:API|server|client)"), "neutron"),
    (
        re.compile(
            r"\b[Gg]lance (?:API|server|image|host)|GlanceConnectionFailed"
            r"|Corrupt image download"
        ),
        "glance",
    ),
    (re.compile(r"\b[Cc]inder (?:API|client)"), "cinder"),
)


def callee(event: Event) -> Callee | None:
    """The service whose answer, or missing answer, an error only passes on; None when it stands for itself.

    >>> callee(Event(at=0, project="nova", exception="neutronclient.common.exceptions.Forbidden: HTTP 403"))
    Callee(project='neutron', how='http', service='', status=403, unreached=False)
    """
    words = "\n".join((event.message, event.cause, event.exception))
    raised = event.cause or event.exception
    inner = _beneath(event)
    if _TIMEOUT.search(words):
        return _rpc(event)
    if event.project == "nova" and _WIRING.search(words):
        return Callee("neutron", "event")
    if _DATABASE.search(words) or (inner and any(part.startswith("pymysql/") for part in inner)):
        return Callee("database", "database") if "DBDeadlock" not in words else None
    if (found := _NOBODY.search(words)) and (listens := _TOPICS.get(found[1])):
        return Callee(listens[0], "rpc", listens[1])
    if _BROKER.search(words) or event.logger.startswith("oslo.messaging._drivers.impl_rabbit"):
        return Callee("broker", "broker")
    if event.project == "nova" and _LIBVIRT.search(words):
        return Callee("libvirt", "libvirt")
    if event.remote or "_Remote" in words or "RemoteError" in words:
        return _rpc(event)
    project = _by_client(raised, inner) or (_by_http(event, words, inner))
    if project and project != event.project:
        status = _status(words)
        return Callee(project, "http", "", status, unreached=not status and bool(_UNREACHED.search(words)))
    return None


def _beneath(event: Event) -> list[str]:
    """Files of the libraries below the innermost frame of the service's own code."""
    files = []
    for frame in reversed(event.frames):
        if own(frame):
            break
        files.append(frame.file)
    return files


def _by_client(raised: str, beneath: list[str]) -> str:
    package = raised.partition(".")[0]
    if package in _CLIENTS:
        return _CLIENTS[package]
    return next((_CLIENTS[top] for file in beneath if (top := file.partition("/")[0]) in _CLIENTS), "")


def _by_http(event: Event, words: str, beneath: list[str]) -> str:
    spoke = bool(_HTTP.search(words)) or any(_HTTP.match(file) for file in beneath)
    if spoke or _STATUS.search(words):
        for found in _URL.finditer(words):
            port, path = found[1] or "", found[2] or ""
            if project := _PORTS.get(port) or next((p for known, p in _PATHS if known.search(path)), ""):
                return project
        tokens = spoke and any("identity" in file for file in beneath)
        if tokens and _status(words) == 401:  # whoever was to be asked with the token
            return "keystone"
        for frame in reversed(event.frames):
            if project := next((p for known, p in _BY_FILE if known.search(frame.file)), ""):
                return project
        if tokens:
            return "keystone"
        if logged := next(
            (p for known, p in _BY_FILE if known.search(event.logger.replace(".", "/") + ".py")), ""
        ):
            return logged
    return next((project for known, project in _WORDS if known.search(words)), "")


def _status(words: str) -> int:
    if found := _STATUS.search(words):
        return int(found[1] or found[2])
    return 500 if "InternalServerError" in words or "Internal Server Error" in words else 0


def _rpc(event: Event) -> Callee:
    if event.remote and (frame := innermost(event.remote)):
        return Callee(frame.file.partition("/")[0], "rpc")
    files = [frame.file for frame in event.frames] + [event.logger.replace(".", "/")]
    for pattern, project, service in _RPC:
        if any(pattern.search(file) for file in files):
            return Callee(project, "rpc", service)
    return Callee(event.project, "rpc")
