"""Answers made of a sosreport, read by the same parsers and redacted by the same code as a host's.

The sosreport is a fake: the few files that matter, in the places and forms that sos 4 gives them.
"""

# ruff: noqa: E501 - lines of tools are as long as they are

from __future__ import annotations

from fnmatch import fnmatch
from typing import Any

import pytest

from mitate.collect.question import SosRoot, all_sources
from mitate.model.errors import CannotSee

NET = "sos_commands/networking"
SPACE = "qrouter-50568716-45b2-4140-9ac2-adbc0adc61de"
FILES = {
    "hostname": "compute1.example.org\n",
    "uname": "Linux compute1 6.1.0-40-amd64 #1 SMP x86_64 GNU/Linux\n",
    "etc/os-release": 'NAME="Debian"\nID=debian\nVERSION_ID="12"\n',
    "sos_commands/process/ps_axo_flags_state_uid_pid_ppid_pgid_sid_cls_pri_addr_sz_wchan_20_lstart_tty_time_cmd": (
        "F S   UID     PID    PPID    PGID     SID CLS PRI ADDR    SZ WCHAN                                 STARTED TT           TIME CMD\n"
        "4 S     0       1       0       1       1 TS   19 - 42000 ep_poll              Sun Nov 22 15:14:14 2026 ?        00:00:01 /lib/systemd/systemd\n"
        "4 T   107      95       1      95      95 TS   19 - 42000 do_signal_stop       Sun Nov 22 15:15:08 2026 ?        00:00:09 "
        "/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf --os-password S3cr3t\n"
    ),
    "sos_commands/process/ps_axo_pid_ppid_user_group_lwp_nlwp_start_time_comm_cgroup": (
        "    PID    PPID USER     GROUP        LWP NLWP START COMMAND         CGROUP\n"
        "     95       1 nova     nova          95   22 15:15 nova-compute    0::/system.slice/nova-compute.service\n"
    ),
    "sos_commands/systemd/systemctl_show_service_--all": (
        "Id=nova-compute.service\nLoadState=loaded\nActiveState=active\nSubState=running\nEnvironment=OS_PASSWORD=S3cr3t\n"
        "MainPID=95\nUnitFileState=enabled\nActiveEnterTimestamp=Sun 2026-11-22 15:15:08 UTC\n\n"
        "Id=cron.service\nActiveState=active\n"
    ),
    "sos_commands/filesys/df_-al_-x_autofs": (
        "Filesystem     1K-blocks     Used Available Use% Mounted on\n/dev/vda1 1000 900 100 90% /\nproc 0 0 0 - /proc\n"
        "/dev/vdb 500 500 0 100% /var/lib/nova/instances\n"
    ),
    "sos_commands/filesys/df_-ali_-x_autofs": (
        "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/vda1 100 40 60 40% /\n"
    ),
    "etc/nova/nova.conf": "[DEFAULT]\nmy_ip = 10.0.0.21\ntransport_url = rabbit://u:S3cr3t@c:5672/\n[x]\npassword = S3cr3t\n",
    "etc/neutron/plugins/ml2/linuxbridge_agent.ini": "[vxlan]\nlocal_ip = 10.0.1.21\n",
    "var/log/nova/nova-compute.log": (
        "2026-11-22 15:32:01.453 95 ERROR nova.virt [-] token: gAAAAS3cr3t\n"
        "2026-11-22 15:32:02.453 95 INFO nova.virt [-] S3cr3t\n"
    ),
    f"{NET}/ss_-peaonmi": (
        "Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
        'tcp   LISTEN 0      128    0.0.0.0:22          0.0.0.0:*          users:(("sshd",pid=86,fd=3)) ino:1\n\t skmem:(r0)\n'
        'tcp   ESTAB  0      0      10.0.0.21:41168     10.0.0.11:5672     users:(("nova-compute",pid=95,fd=7)) timer:(x)\n'
    ),
    f"{NET}/ip_-d_address": (
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n"
        "    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0\n    inet 127.0.0.1/8 scope host lo\n"
        "       valid_lft forever preferred_lft forever\n"
        "7: vxlan-1671: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue master brq79c6eed6-7a state UNKNOWN group default\n"
        "    link/ether 2e:31:6c:9f:0a:11 brd ff:ff:ff:ff:ff:ff promiscuity 1\n"
        "    vxlan id 1671 local 10.0.1.21 dev eth1 srcport 0 0 dstport 8472 nolearning proxy ttl auto ageing 300 df set\n"
        "    bridge_slave state forwarding priority 32 cost 2 hairpin off guard off fastleave off learning on flood on "
        "isolated on locked off addrgenmode eui64\n"
        "8: tap3c40bdf5-8f@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP group default qlen 1000\n"
        f"    link/ether 2e:31:6c:9f:0a:12 brd ff:ff:ff:ff:ff:ff link-netns {SPACE} promiscuity 0\n    veth\n"
        "9: eth0.5@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 xdpgeneric qdisc noqueue state UP group default\n"
        "    link/ether 2e:31:6c:9f:0a:13 brd ff:ff:ff:ff:ff:ff promiscuity 0\n    vlan protocol 802.1Q id 5 <REORDER_HDR>\n"
    ),
    f"{NET}/ip_route_show_table_all": (
        "default via 10.0.0.1 dev eth0 proto static\nlocal 10.0.0.21 dev eth0 table local proto kernel\n"
        "unreachable 198.51.100.0/24\n"
        "192.0.2.0/24 via 10.0.0.9 dev eth0 src 10.0.0.21 metric 50 mtu lock 1400 onlink\n"
    ),
    f"{NET}/ip_-s_-s_neigh_show": "10.0.0.11 dev eth0 lladdr 02:00:00:00:00:0b ref 1 used 0/0/0 probes 1 REACHABLE\n"
    "10.0.0.99 dev eth0  used 9/9/9 probes 6 FAILED\n",
    f"{NET}/bridge_-s_-s_-d_-t_fdb_show": "fa:16:3e:95:26:75 dev vxlan-1671 dst 10.0.1.12 used 1/1 self permanent\n",
    f"{NET}/ip_-4_rule_list": (
        "0:\tfrom all lookup local\n100:\tnot from 10.0.0.0/8 to 192.0.2.1 fwmark 0x5/0xff iif eth0 lookup 16\n"
        "101:\tfrom 10.1.1.1 ipproto tcp dport 80 unreachable\n102:\tfrom all goto 32766\n32766:\tfrom all lookup main\n"
    ),
    "sos_commands/kernel/sysctl_-a": (
        "kernel.random.uuid = S3cr3t\nnet.ipv4.ip_forward = 1\nnet.ipv4.conf.eth0/5.rp_filter = 2\nnet.ipv4.tcp_mem = 1\t2\t3\n"
    ),
    f"{NET}/namespaces/{SPACE}/ip_netns_exec_{SPACE}_sysctl_-a": "net.ipv4.ip_forward = 0\n",
    f"{NET}/namespaces/{SPACE}/ip_netns_exec_{SPACE}_ip_-4_rule_list": "0:\tfrom all lookup local\n",
    f"{NET}/namespaces/{SPACE}/ip_netns_exec_{SPACE}_ip_-d_address_show": (
        "2: qr-3c40bdf5-8f@if8: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP group default qlen 1000\n"
        "    link/ether fa:16:3e:01:62:38 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0\n    veth\n"
        "    inet 10.10.0.1/24 brd 10.10.0.255 scope global qr-3c40bdf5-8f\n"
    ),
}


class Sos(SosRoot):
    def __init__(self, files: dict[str, str]) -> None:
        self.known = files

    def read(self, *patterns: str) -> str:
        for path, text in self.files(*patterns):
            assert path
            return text
        raise CannotSee("not in the sosreport", "absent")

    def files(self, *patterns: str) -> list[tuple[str, str]]:
        return [(path, text) for path, text in self.known.items() if any(fnmatch(path, p) for p in patterns)]


SOURCES = {name: source for name, source in all_sources().items() if source.sosreport}


@pytest.fixture
def ask(facts: Any) -> Any:
    def asked(name: str) -> list[Any]:
        make = SOURCES[name].sosreport
        assert make
        text = make(Sos(FILES))
        assert "S3cr3t" not in text
        return list(facts(name, text))

    return asked


def test_who_it_is(ask: Any) -> None:
    (host,) = ask("identity")
    assert (host.hostname, host.kernel, host.os) == ("compute1.example.org", "6.1.0-40-amd64", "debian 12")
    assert (host.booted_at, host.clock_offset_s) == (None, None)


def test_processes(ask: Any) -> None:
    (process,) = ask("processes")
    assert (process.pid, process.ppid, process.state) == (95, 1, "T")
    assert (process.service, process.unit) == ("nova-compute", "nova-compute.service")
    assert (process.started_at, process.rss_kb) == (None, None)


def test_units(ask: Any) -> None:
    (unit,) = ask("units")
    assert (unit.name, unit.active, unit.enabled, unit.main_pid) == (
        "nova-compute.service",
        "active",
        "enabled",
        95,
    )
    assert unit.restarts is None


def test_filesystems(ask: Any) -> None:
    found = {fs.mount: fs for fs in ask("filesystems")}
    assert set(found) == {"/", "/var/lib/nova/instances"}
    assert found["/var/lib/nova/instances"].available_kb == 0
    assert found["/var/lib/nova/instances"].paths == ("/var/lib/nova/instances",)
    assert (found["/"].inodes, found["/"].type) == (100, "")


def test_configuration(ask: Any) -> None:
    found = {(o.file, o.name): (o.service, o.value, o.redacted) for o in ask("configuration")}
    assert found["/etc/nova/nova.conf", "transport_url"] == ("nova", "rabbit://***@c:5672/", False)
    assert found["/etc/nova/nova.conf", "password"] == ("nova", "", True)
    where = "/etc/neutron/plugins/ml2/linuxbridge_agent.ini", "local_ip"
    assert found[where] == ("neutron-linuxbridge-agent", "10.0.1.21", False)


def test_logs(ask: Any) -> None:
    (line,) = ask("logs")
    assert (line.service, line.level, line.message) == ("nova-compute", "ERROR", "token:«redacted»")


def test_sockets(ask: Any) -> None:
    assert [(s.state, s.local_port, s.peer_port, s.pids) for s in ask("sockets")] == [
        ("LISTEN", 22, 0, (86,)),
        ("ESTAB", 41168, 5672, (95,)),
    ]


def test_network(ask: Any) -> None:
    found = ask("network")
    of = {kind: [f for f in found if type(f).__name__ == kind] for kind in {type(f).__name__ for f in found}}
    assert [space.name for space in of["Namespace"]] == [SPACE]
    vxlan = next(link for link in of["Link"] if link.name == "vxlan-1671")
    assert (vxlan.kind, vxlan.vxlan_id, vxlan.vxlan_local, vxlan.vxlan_port) == (
        "vxlan",
        1671,
        "10.0.1.21",
        8472,
    )
    assert (vxlan.master, vxlan.vxlan_link, vxlan.mac) == ("brq79c6eed6-7a", "eth1", "2e:31:6c:9f:0a:11")
    assert (vxlan.vxlan_learning, vxlan.vxlan_proxy, vxlan.vxlan_df) == (False, True, "set")
    assert (vxlan.port_state, vxlan.isolated, vxlan.hairpin, vxlan.learning) == (
        "forwarding",
        True,
        False,
        True,
    )
    tap = next(link for link in of["Link"] if link.name == "tap3c40bdf5-8f")
    assert (tap.peer_index, tap.peer_namespace) == (2, SPACE)
    vlan = next(link for link in of["Link"] if link.name == "eth0.5")
    assert (vlan.vlan_id, vlan.lower, vlan.xdp) == (5, "eth0", True)
    inside = next(link for link in of["Link"] if link.namespace == SPACE)
    assert (inside.peer_index, inside.peer_namespace) == (8, "")
    assert (inside.name, inside.kind, inside.mtu, inside.up) == ("qr-3c40bdf5-8f", "veth", 1450, True)
    assert [(r.destination, r.via, r.type) for r in of["Route"]] == [
        ("default", "10.0.0.1", "unicast"),
        ("198.51.100.0/24", "", "unreachable"),
        ("192.0.2.0/24", "10.0.0.9", "unicast"),
    ]
    route = of["Route"][-1]
    assert (route.metric, route.mtu, route.on_link, route.source_ip) == (50, 1400, True, "10.0.0.21")
    assert [(n.ip, n.mac, n.state) for n in of["Neighbour"]] == [
        ("10.0.0.11", "02:00:00:00:00:0b", "REACHABLE"),
        ("10.0.0.99", "", "FAILED"),
    ]
    assert [(f.link, f.remote, f.state) for f in of["FdbEntry"]] == [("vxlan-1671", "10.0.1.12", "permanent")]


def test_routing(ask: Any) -> None:
    found = ask("routing")
    settings = {(s.namespace, s.name): s.value for s in found if hasattr(s, "value")}
    assert settings == {
        ("", "ipv4/ip_forward"): "1",
        ("", "ipv4/conf/eth0.5/rp_filter"): "2",
        (SPACE, "ipv4/ip_forward"): "0",
    }
    rules = {rule.priority: rule for rule in found if hasattr(rule, "priority") and not rule.namespace}
    assert sorted(rules) == [0, 100, 101, 102, 32766]
    assert (rules[100].src, rules[100].dst, rules[100].mark, rules[100].mask) == (
        "10.0.0.0/8",
        "192.0.2.1/32",
        5,
        255,
    )
    assert (rules[100].inverted, rules[100].table, rules[100].iif) == (True, "16", "eth0")
    assert (rules[101].action, rules[101].more) == ("unreachable", ("dport", "ipproto"))
    assert (rules[102].action, rules[102].goto) == ("goto", 32766)
    assert [rule.namespace for rule in found if hasattr(rule, "priority")].count(SPACE) == 1


@pytest.mark.parametrize("name", SOURCES)
def test_an_empty_sosreport_cannot_tell(name: str) -> None:
    make = SOURCES[name].sosreport
    assert make
    with pytest.raises(CannotSee):
        make(Sos({}))
