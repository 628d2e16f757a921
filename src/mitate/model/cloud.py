"""What the OpenStack API says. Names of fields follow the API's own words; times are UTC."""

from __future__ import annotations

from datetime import datetime

from mitate.model.source import Fact


class Endpoint(Fact, frozen=True, kw_only=True):
    """One URL of the catalogue (or the auth URL itself, interface ``auth``), tried from the desk.

    reason: "" when it answered as an API should, else one of dns, refused, timeout, tls, http, garbage,
    unreachable. status: HTTP status when there was an answer at all.
    """

    telling = ("service", "interface", "url", "status", "reason", "detail")
    service: str
    """Service type: compute, network, identity, placement, image, …"""
    interface: str
    region: str
    url: str
    status: int | None = None
    reason: str = ""
    detail: str = ""
    took_s: float = 0.0


class ApiVersion(Fact, frozen=True, kw_only=True):
    """The newest microversion that a service knows; "" when it tells none."""

    service: str
    newest: str


class ComputeService(Fact, frozen=True, kw_only=True):
    """A row of ``openstack compute service list``."""

    telling = ("binary", "host", "enabled", "up", "forced_down", "disabled_reason", "updated_at")
    id: str
    binary: str
    host: str
    zone: str
    enabled: bool
    up: bool
    forced_down: bool | None = None
    disabled_reason: str = ""
    updated_at: datetime | None = None


class Hypervisor(Fact, frozen=True, kw_only=True):
    """A hypervisor with its raw capacity (None where the release no longer tells, microversion >= 2.88)."""

    telling = ("hostname", "vcpus", "memory_mb", "disk_gb", "vcpus_used", "memory_mb_used")
    id: str
    hostname: str
    service_host: str
    type: str = ""
    up: bool | None = None
    enabled: bool | None = None
    vcpus: int | None = None
    memory_mb: int | None = None
    disk_gb: int | None = None
    vcpus_used: int | None = None
    memory_mb_used: int | None = None
    running_vms: int | None = None
    version: int | None = None
    """As Nova keeps it: 7.2.0 is 7002000."""
    host_ip: str = ""
    cpu_info: str = ""
    """A JSON object: arch, model, vendor, features, topology; "" when it was not told."""
    free_ram_mb: int | None = None
    free_disk_gb: int | None = None
    disk_available_least: int | None = None
    """GiB that are left when every sparse disk grows to its full size."""
    disk_gb_used: int | None = None
    current_workload: int | None = None
    """Servers with a task under way."""


class Flavor(Fact, frozen=True, kw_only=True):
    telling = ("name", "vcpus", "ram_mb", "disk_gb")
    id: str
    name: str
    vcpus: int
    ram_mb: int
    disk_gb: int
    extra_specs: tuple[tuple[str, str], ...] = ()
    ephemeral_gb: int = 0
    swap_mb: int = 0


class Server(Fact, frozen=True, kw_only=True):
    """A server. flavor_*: what was asked for, as embedded in the server since microversion 2.47."""

    telling = ("name", "status", "task_state", "host", "fault_code", "fault")
    id: str
    name: str
    project_id: str
    status: str
    host: str = ""
    instance_name: str = ""
    zone: str = ""
    task_state: str = ""
    vm_state: str = ""
    power_state: int | None = None
    """1 running, 3 paused, 4 shut down, 6 crashed, 7 suspended, 0 no state."""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    fault_code: int | None = None
    fault: str = ""
    flavor_name: str = ""
    flavor_vcpus: int | None = None
    flavor_ram_mb: int | None = None
    flavor_disk_gb: int | None = None
    flavor_ephemeral_gb: int | None = None
    flavor_swap_mb: int | None = None
    flavor_extra_specs: tuple[tuple[str, str], ...] = ()
    image_id: str = ""
    """"" when it boots from a volume."""


class ServerName(Fact, frozen=True, kw_only=True):
    """No more of a server than its name."""

    id: str
    name: str


class NetworkAgent(Fact, frozen=True, kw_only=True):
    """A row of ``openstack network agent list``. alive is the server's opinion, from the last heartbeat."""

    telling = ("type", "host", "alive", "admin_up", "heartbeat_at")
    id: str
    type: str
    """As Neutron prints it: Linux bridge agent, Open vSwitch agent, L3 agent, DHCP agent, …"""
    binary: str
    host: str
    alive: bool
    admin_up: bool
    heartbeat_at: datetime | None = None
    started_at: datetime | None = None
    devices: int | None = None
    tunnel_ip: str = ""
    bridge_mappings: tuple[tuple[str, str], ...] = ()


class Network(Fact, frozen=True, kw_only=True):
    telling = ("name", "status", "admin_up", "type", "segmentation_id", "mtu")
    id: str
    name: str
    project_id: str
    status: str
    admin_up: bool
    external: bool
    mtu: int | None = None
    type: str = ""
    physical_network: str = ""
    segmentation_id: int | None = None
    subnet_ids: tuple[str, ...] = ()


class Subnet(Fact, frozen=True, kw_only=True):
    telling = ("cidr", "gateway_ip", "dhcp")
    id: str
    name: str
    network_id: str
    cidr: str
    ip_version: int
    gateway_ip: str = ""
    dhcp: bool
    host_routes: tuple[tuple[str, str], ...] = ()
    """(destination, nexthop)"""


class Port(Fact, frozen=True, kw_only=True):
    telling = ("id", "status", "admin_up", "device_owner", "host", "vif_type", "fixed_ips")
    id: str
    name: str
    network_id: str
    mac: str
    status: str
    admin_up: bool
    device_owner: str = ""
    device_id: str = ""
    host: str = ""
    """binding:host_id; empty when unbound or not shown to this user."""
    vif_type: str = ""
    vnic_type: str = ""
    security: bool | None = None
    """port_security_enabled"""
    fixed_ips: tuple[tuple[str, str], ...] = ()
    """(subnet id, address)"""
    security_groups: tuple[str, ...] = ()
    allowed_pairs: tuple[tuple[str, str], ...] = ()
    """(address or CIDR, MAC)"""
    created_at: datetime | None = None

    @property
    def tap(self) -> str:
        """The name of its device on the host: tap and the first 11 characters of the id (Neutron's rule)."""
        return f"tap{self.id[:11]}"


class Router(Fact, frozen=True, kw_only=True):
    telling = ("name", "status", "admin_up", "gateway_ips")
    id: str
    name: str
    project_id: str
    status: str
    admin_up: bool
    gateway_network_id: str = ""
    gateway_ips: tuple[str, ...] = ()
    snat: bool | None = None
    ha: bool | None = None
    distributed: bool | None = None


class FloatingIp(Fact, frozen=True, kw_only=True):
    telling = ("address", "fixed_ip", "status", "port_id", "router_id")
    id: str
    address: str
    network_id: str
    status: str
    fixed_ip: str = ""
    port_id: str = ""
    router_id: str = ""
    updated_at: datetime | None = None


class SecurityGroup(Fact, frozen=True, kw_only=True):
    id: str
    name: str
    project_id: str


class SecurityGroupRule(Fact, frozen=True, kw_only=True):
    id: str
    group_id: str
    direction: str
    ethertype: str
    protocol: str = ""
    port_min: int | None = None
    port_max: int | None = None
    remote_prefix: str = ""
    remote_group_id: str = ""
