"""A healthy cloud as its hosts and its API show it, for the tests of checks that look at the network.

Made up after a real one (Zed, Linux bridge, VXLAN): a network node, a compute host with server vm1, router
router1, floating IP 203.0.113.151. A test takes it and breaks one thing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import pytest

from mitate.analyze.check import Check
from mitate.model import cloud, host, net, placement
from mitate.model.source import Fact

F = TypeVar("F", bound=Fact)

NET = "79c6eed6-7afe-48eb-87a0-2beff868846b"
EXT = "e28499fc-7043-4c5f-96ee-cd22a2c96e7f"
SUB = "5f33ee47-30ce-4249-9da4-3bd1c3fb27b7"
EXT_SUB = "d8a84f2e-b624-413e-908d-a8696d15f748"
ROUTER = "50568716-45b2-4140-9ac2-adbc0adc61de"
VM1 = "8fd71303-f915-4cbc-bc8f-70ed05ab1dfe"
VM1_PORT = "dece6489-0c7f-48c1-a895-5b8bc4472bd6"
DHCP_PORT = "27155072-b786-420a-9ed4-007dc7df17c0"
QR_PORT = "3c40bdf5-8f06-48d8-b8fe-2deacb56382d"
QG_PORT = "401619a7-d20b-4499-b5dd-fbd47418fea8"
FIP = "a29440ea-3604-4dba-b636-ee7b4abd18be"
FIP_ADDRESS = "203.0.113.151"
QROUTER = f"qrouter-{ROUTER}"
QDHCP = f"qdhcp-{NET}"
TAP = f"tap{VM1_PORT[:11]}"
BRQ = f"brq{NET[:11]}"

ROUTER_NAT = f"""
-A PREROUTING -j neutron-l3-agent-PREROUTING
-A OUTPUT -j neutron-l3-agent-OUTPUT
-A POSTROUTING -j neutron-l3-agent-POSTROUTING
-A POSTROUTING -j neutron-postrouting-bottom
-A neutron-l3-agent-OUTPUT -d {FIP_ADDRESS}/32 -j DNAT --to-destination 10.10.0.246
-A neutron-l3-agent-POSTROUTING ! -o qg-401619a7-d2 -m conntrack ! --ctstate DNAT -j ACCEPT
-A neutron-l3-agent-PREROUTING -d 169.254.169.254/32 -i qr-+ -p tcp -m tcp --dport 80 -j REDIRECT \
--to-ports 9697
-A neutron-l3-agent-PREROUTING -d {FIP_ADDRESS}/32 -j DNAT --to-destination 10.10.0.246
-A neutron-l3-agent-float-snat -s 10.10.0.246/32 -j SNAT --to-source {FIP_ADDRESS} --random-fully
-A neutron-l3-agent-snat -j neutron-l3-agent-float-snat
-A neutron-postrouting-bottom -m comment --comment "Perform source NAT on outgoing traffic." \
-j neutron-l3-agent-snat
"""
LB = "neutron-linuxbri"
COMPUTE_FILTER = f"""
-A INPUT -j {LB}-INPUT
-A FORWARD -j neutron-filter-top
-A FORWARD -j {LB}-FORWARD
-A {LB}-FORWARD -m physdev --physdev-out {TAP} --physdev-is-bridged \
-m comment --comment "Direct traffic from the VM interface to the security group chain." -j {LB}-sg-chain
-A {LB}-FORWARD -m physdev --physdev-in {TAP} --physdev-is-bridged -j {LB}-sg-chain
-A {LB}-i{VM1_PORT[:10]} -m state --state RELATED,ESTABLISHED -j RETURN
-A {LB}-i{VM1_PORT[:10]} -p icmp -j RETURN
-A {LB}-o{VM1_PORT[:10]} -j {LB}-s{VM1_PORT[:10]}
-A {LB}-sg-chain -m physdev --physdev-out {TAP} --physdev-is-bridged -j {LB}-i{VM1_PORT[:10]}
-A {LB}-sg-chain -m physdev --physdev-in {TAP} --physdev-is-bridged -j {LB}-o{VM1_PORT[:10]}
-A {LB}-sg-chain -j ACCEPT
"""


class Wired:
    """The cloud in a ``world`` (see tests/checks/conftest.py), and hands to break it with."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self._api()
        self._network_node()
        self._compute()

    def add(self, kind: type[F], /, at: str = "", **fields: Any) -> F:
        fact: F = self.world.add(kind, at, **fields)
        return fact

    def change(self, kind: type[F], where: Callable[[F], bool] = lambda _: True, **fields: Any) -> None:
        """Give other values to the facts of a kind that match; there must be one."""
        facts = self.world.facts
        hits = [i for i, fact in enumerate(facts) if type(fact) is kind and where(fact)]
        assert hits, f"no such {kind.__name__}"
        for i in hits:
            facts[i] = msgspec.structs.replace(facts[i], **fields)

    def drop(self, kind: type[F], where: Callable[[F], bool] = lambda _: True) -> None:
        """Take away the facts of a kind that match; there must be one."""
        kept = [fact for fact in self.world.facts if type(fact) is not kind or not where(fact)]
        assert len(kept) < len(self.world.facts), f"no such {kind.__name__}"
        self.world.facts[:] = kept

    def rules(self, at: str, namespace: str, table: str, text: str) -> None:
        """The rules of a table as iptables-save prints them; the chains follow from them."""
        lines = [line for line in text.splitlines() if line]
        for chain in ("PREROUTING", "FORWARD", "OUTPUT", "POSTROUTING"):
            self.add(net.IptablesChain, at, namespace=namespace, table=table, chain=chain, policy="ACCEPT")
        for chain in {line.split()[1] for line in lines if line.startswith("-A neutron")}:
            self.add(net.IptablesChain, at, namespace=namespace, table=table, chain=chain, policy="-")
        for line in lines:
            chain = line.split()[1]
            self.add(net.IptablesRule, at, namespace=namespace, table=table, chain=chain, rule=line)

    def another(self, number: int, **fields: Any) -> cloud.Port:
        """One more server's port on the private network, with the address 10.10.0.NUMBER."""
        said = {
            "id": f"{number:08x}-0000-4000-8000-000000000000",
            "network_id": NET,
            "mac": f"fa:16:3e:00:00:{number:02x}",
            "device_owner": "compute:nova",
            "device_id": f"server-{number}",
            "fixed_ips": ((SUB, f"10.10.0.{number}"),),
            "security": True,
            **fields,
        }
        return self.add(cloud.Port, **said)

    def link(self, at: str, name: str, namespace: str = "", **fields: Any) -> net.Link:
        return self.add(net.Link, at, name=name, namespace=namespace, **fields)

    def address(self, at: str, link: str, ip: str, prefix: int, namespace: str = "") -> net.Address:
        return self.add(net.Address, at, namespace=namespace, link=link, ip=ip, prefix=prefix)

    def only(self, check: Check) -> Any:
        return self.world.only(check)

    def state(self, check: Check) -> Any:
        return self.world.state(check)

    def _api(self) -> None:
        world, made = self.world, self.world.ago(3600)
        self.add(
            cloud.Network,
            id=NET,
            name="private",
            mtu=1450,
            type="vxlan",
            segmentation_id=1671,
            subnet_ids=(SUB,),
        )
        self.add(
            cloud.Network, id=EXT, name="public", mtu=1500, type="flat", external=True, subnet_ids=(EXT_SUB,)
        )
        self.add(cloud.Subnet, id=SUB, network_id=NET, cidr="10.10.0.0/24", gateway_ip="10.10.0.1")
        self.add(
            cloud.Subnet,
            id=EXT_SUB,
            network_id=EXT,
            cidr="203.0.113.0/24",
            gateway_ip="203.0.113.1",
            dhcp=False,
        )
        self.add(
            cloud.Router,
            id=ROUTER,
            name="router1",
            gateway_network_id=EXT,
            gateway_ips=("203.0.113.171",),
            snat=True,
            ha=False,
            distributed=False,
        )
        for id_, owner, device, at, fixed in (
            (VM1_PORT, "compute:nova", VM1, "compute1", (SUB, "10.10.0.246")),
            (DHCP_PORT, "network:dhcp", f"dhcp7b60c1d9-{NET}", "network", (SUB, "10.10.0.2")),
            (QR_PORT, "network:router_interface", ROUTER, "network", (SUB, "10.10.0.1")),
            (QG_PORT, "network:router_gateway", ROUTER, "network", (EXT_SUB, "203.0.113.171")),
        ):
            self.add(
                cloud.Port,
                id=id_,
                network_id=EXT if fixed[0] == EXT_SUB else NET,
                mac=f"fa:16:3e:{id_[:2]}:{id_[2:4]}:{id_[4:6]}",
                device_owner=owner,
                device_id=device,
                host=at,
                vif_type="bridge",
                vnic_type="normal",
                security=owner == "compute:nova",
                fixed_ips=(fixed,),
                security_groups=("lab-sg",) if owner == "compute:nova" else (),
                created_at=made,
            )
        self.add(
            cloud.FloatingIp,
            id=FIP,
            address=FIP_ADDRESS,
            network_id=EXT,
            fixed_ip="10.10.0.246",
            port_id=VM1_PORT,
            router_id=ROUTER,
            updated_at=made,
        )
        self.add(
            cloud.Server,
            id=VM1,
            name="vm1",
            host="compute1",
            power_state=1,
            updated_at=made,
            flavor_name="small",
            flavor_vcpus=1,
            flavor_ram_mb=64,
            flavor_disk_gb=1,
        )
        self.add(cloud.Flavor)
        self.add(
            cloud.Hypervisor,
            id="1",
            hostname="compute1",
            service_host="compute1",
            vcpus=2,
            memory_mb=12506,
            disk_gb=251,
        )
        world.compute_service("nova-compute", "compute1")
        self.add(placement.Provider, id="1", name="compute1", root_id="1")
        self.add(placement.ProviderTraits, provider_id="1", traits=frozenset(["COMPUTE_NODE"]))
        self.add(placement.ProviderAggregates, provider_id="1", aggregates=frozenset(["agg1"]))
        self.add(placement.Aggregate, name="racks", hosts=("compute1",))
        for name, total, reserved, ratio, used in (
            ("VCPU", 2, 0, 16.0, 1),
            ("MEMORY_MB", 12506, 512, 1.5, 64),
            ("DISK_GB", 251, 0, 1.0, 1),
        ):
            self.add(
                placement.Inventory,
                provider_id="1",
                resource_class=name,
                total=total,
                reserved=reserved,
                ratio=ratio,
                max_unit=total,
                used=used,
            )
            self.add(placement.Allocation, provider_id="1", consumer_id=VM1, resource_class=name, amount=used)
        for at, tunnel_ip, devices in (("network", "10.0.1.12", 3), ("compute1", "10.0.1.21", 1)):
            world.agent(
                "neutron-linuxbridge-agent",
                at,
                id=f"lb-{at}",
                tunnel_ip=tunnel_ip,
                devices=devices,
                started_at=made,
            )
        world.agent("neutron-l3-agent", "network", id="l3")
        world.agent("neutron-dhcp-agent", "network", id="dhcp")

    def _host(self, at: str, tunnel_ip: str) -> None:
        self.world.reached(at)
        self.link(at, "lo", mtu=65536)
        self.link(at, "eth1")
        self.address(at, "lo", "127.0.0.1", 8)
        self.address(at, "eth1", tunnel_ip, 24)
        self.link(at, BRQ, kind="bridge", mtu=1450)
        self.link(at, "vxlan-1671", kind="vxlan", mtu=1450, master=BRQ, vxlan_id=1671, vxlan_local=tunnel_ip)
        self.add(net.IpCounters, at, namespace="", seconds=1.0, frag_fails=0)

    def _network_node(self) -> None:
        at = "network"
        self._host(at, "10.0.1.12")
        for name in (QROUTER, QDHCP):
            self.add(net.Namespace, at, name=name)
            self.link(at, "lo", name, mtu=65536)
        self.link(at, f"qr-{QR_PORT[:11]}", QROUTER, kind="veth", mtu=1450)
        self.link(at, f"qg-{QG_PORT[:11]}", QROUTER, kind="veth")
        self.address(at, f"qr-{QR_PORT[:11]}", "10.10.0.1", 24, QROUTER)
        self.address(at, f"qg-{QG_PORT[:11]}", "203.0.113.171", 24, QROUTER)
        self.address(at, f"qg-{QG_PORT[:11]}", FIP_ADDRESS, 32, QROUTER)
        self.link(at, f"ns-{DHCP_PORT[:11]}", QDHCP, kind="veth", mtu=1450)
        self.address(at, f"ns-{DHCP_PORT[:11]}", "10.10.0.2", 24, QDHCP)
        for port, bridge in ((QR_PORT, BRQ), (DHCP_PORT, BRQ), (QG_PORT, f"brq{EXT[:11]}")):
            self.link(at, f"tap{port[:11]}", kind="veth", mtu=1450, master=bridge)
        self.rules(at, QROUTER, "nat", ROUTER_NAT)
        state = "/var/lib/neutron"
        self.world.process(
            "haproxy", at, pid=269, command=f"haproxy -f {state}/ns-metadata-proxy/{ROUTER}.conf", unit=""
        )
        self.world.process(
            "dnsmasq",
            at,
            pid=288,
            command=f"dnsmasq --pid-file={state}/dhcp/{NET}/pid --dhcp-hostsfile={state}/dhcp/{NET}/host",
            unit="",
        )
        for mac, ip in (("fa:16:3e:de:ce:64", "10.10.0.246"), ("fa:16:3e:3c:40:bd", "10.10.0.1")):
            self.add(net.DhcpHost, at, network_id=NET, mac=mac, ip=ip)
        self.add(
            net.ConntrackEntry,
            at,
            namespace=QROUTER,
            protocol="tcp",
            src="203.0.113.100",
            dst=FIP_ADDRESS,
            sport=59098,
            dport=22,
            reply_src="10.10.0.246",
            reply_dst="203.0.113.100",
            state="ESTABLISHED",
            unreplied=False,
        )
        self.add(
            net.Neighbour,
            at,
            namespace=QROUTER,
            link=f"qr-{QR_PORT[:11]}",
            ip="10.10.0.246",
            state="REACHABLE",
        )

    def _compute(self) -> None:
        at = "compute1"
        self._host(at, "10.0.1.21")
        self.link(at, TAP, kind="tun", mtu=1450, master=BRQ)
        self.rules(at, "", "filter", COMPUTE_FILTER)
        self.add(
            net.Traffic,
            at,
            namespace="",
            link=TAP,
            seconds=1.0,
            rx_packets=20,
            rx_bytes=2000,
            tx_packets=20,
            tx_bytes=2000,
        )
        self.add(
            host.ConfigOption,
            at,
            service="neutron-linuxbridge-agent",
            file="/etc/neutron/plugins/ml2/linuxbridge_agent.ini",
            section="securitygroup",
            name="firewall_driver",
            value="iptables",
        )
        self.add(host.Domain, at, uuid=VM1, name="instance-00000002", state="running", taps=(TAP,))


@pytest.fixture
def wired(world: Any) -> Wired:
    return Wired(world)
