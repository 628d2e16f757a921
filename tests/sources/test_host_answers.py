# ruff: noqa: E501 - lines of logs and of tools are as long as they are
"""What the scripts find out about the state of a host, and what is read of it.

The host is a fake: a directory, with tools that answer what real ones answered. The scripts are real.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

NOVA = "/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf"


def test_processes_tell_state_unit_and_start(fake_host: Any) -> None:
    fake_host.process(7, NOVA, "12:pids:/system.slice/nova-compute.service\n0::/x/y")
    fake_host.process(8, "vim /etc/nova/nova.conf")
    fake_host.process(9, "/usr/bin/python3 /bin/privsep-helper --config-file /etc/nova/nova.conf")
    fake_host.tool("date", "echo 1795361400")
    found = fake_host.ask("processes")
    assert [p.service for p in found] == ["nova-compute"]
    assert (found[0].state, found[0].unit) == ("S", "nova-compute.service")
    assert found[0].started_at == datetime(2026, 11, 22, 15, 29, tzinfo=UTC)


def test_rabbitmqctl_is_no_broker(fake_host: Any) -> None:
    beam = "/usr/lib/erlang/erts-13.1.5/bin/beam.smp"
    tool = f"{beam} -B -- -home /var/lib/rabbitmq -- -run escript start -extra /usr/sbin/rabbitmqctl -q list_queues"
    fake_host.process(7, tool)
    fake_host.process(8, f"{beam} -W w -- -home /var/lib/rabbitmq -- -noshell -s rabbit boot")
    assert [process.pid for process in fake_host.ask("processes")] == [8]


DOMAIN = """<domstatus state='{state}' reason='booted' pid='{pid}'>
  <domain type='qemu' id='1'>
    <name>instance-0000000{n}</name>
    <uuid>aa5311f0-cf38-4828-8a30-00000000000{n}</uuid>
    <devices>
      <disk type='file'><target dev='vda' bus='virtio'/></disk>
      <interface type='bridge'>
        <target dev='tapf920c01a-d{n}'/>
      </interface>
    </devices>
  </domain>
</domstatus>
"""


def test_domains_of_libvirts_own_files(fake_host: Any) -> None:
    fake_host.file("/run/libvirt/qemu/instance-00000001.xml", DOMAIN.format(state="running", pid=100, n=1))
    fake_host.file("/run/libvirt/qemu/instance-00000002.xml", DOMAIN.format(state="running", pid=999, n=2))
    off = DOMAIN.format(state="", pid="", n=3).split("\n", 1)[1].replace("</domstatus>", "")
    fake_host.file("/etc/libvirt/qemu/instance-00000003.xml", off)
    fake_host.file("/etc/libvirt/qemu/instance-00000001.xml", DOMAIN.format(state="", pid="", n=1))
    fake_host.process(100, "/usr/bin/qemu-system-x86_64")
    (fake_host.root / "proc/100/stat").write_text("100 (qemu) S\n")
    found = {domain.name: domain for domain in fake_host.ask("domains")}
    assert {name: domain.state for name, domain in found.items()} == {
        "instance-00000001": "running",
        "instance-00000002": "crashed",
        "instance-00000003": "shut off",
    }
    assert found["instance-00000001"].taps == ("tapf920c01a-d1",)


def test_dhcp_hosts_of_what_runs_and_of_what_does_not(fake_host: Any) -> None:
    line = "fa:16:3e:95:26:7{n},host-10-10-0-3{n}.openstacklocal,10.10.0.3{n}\n"
    fake_host.file("/var/lib/neutron/dhcp/net1/host", line.format(n=1) + "fa:16:3e:00:00:01,set:x,ignore\n")
    fake_host.file("/c1/srv/dhcp/net2/host", "fa:16:3e:95:26:75,id:1,host-6,[2001:db8::5]\n")
    fake_host.process(7, "dnsmasq --dhcp-hostsfile=/var/lib/neutron/dhcp/net1/host")
    fake_host.process(8, "dnsmasq --dhcp-hostsfile=/srv/dhcp/net2/host", own="/c1")
    found = [(h.network_id, h.mac, h.ip, h.name) for h in fake_host.ask("dhcp_hosts")]
    assert found == [
        ("net1", "fa:16:3e:95:26:71", "10.10.0.31", "host-10-10-0-31.openstacklocal"),
        ("net1", "fa:16:3e:00:00:01", "", ""),
        ("net2", "fa:16:3e:95:26:75", "2001:db8::5", "host-6"),
    ]


def test_units_that_systemd_has_forgotten_are_asked_by_name(fake_host: Any) -> None:
    fake_host.file("/lib/systemd/system/nova-compute.service", "")
    fake_host.file("/lib/systemd/system/devstack@.service", "")
    fake_host.file("/etc/systemd/system/cron.service", "")
    fake_host.tool(
        "systemctl",
        'for name; do case $name in *.service) printf "Id=%s\\nActiveState=inactive\\n\\n" "$name" ;; esac; done',
    )
    names = [unit.name for unit in fake_host.ask("units")]
    assert "nova-compute.service" in names
    assert "cron.service" not in names
    assert "devstack@.service" not in names


def test_units_without_systemd(fake_host: Any) -> None:
    fake_host.tool("systemctl", "echo 'System has not been booted with systemd' >&2; exit 1")
    done = fake_host.run("units")
    assert done.returncode
    assert "booted" in done.stderr


def test_which_directories_live_on_a_filesystem(fake_host: Any, facts: Any) -> None:
    (fake_host.root / "big/instances").mkdir(parents=True)
    (fake_host.root / "var/lib/nova").mkdir(parents=True)
    (fake_host.root / "var/lib/nova/instances").symlink_to(fake_host.root / "big/instances")
    where = fake_host.root
    sizes = f"x\\n/dev/a ext4 100 50 50 50% /\\nnfs:/v nfs4 10 10 0 100% {where}/big\\ntmpfs tmpfs 1 0 1 0% /run\\n"
    fake_host.tool(
        "df",
        f"case $* in *-i*) printf 'x\\n/dev/a 9 4 5 44%% /\\nnfs:/v 0 0 0 - {where}/big\\n' ;; *) printf '{sizes.replace('%', '%%')}' ;; esac",
    )
    found = {fs.device: fs for fs in facts("filesystems", fake_host.run("filesystems").stdout)}
    assert found["nfs:/v"].paths == ("/var/lib/nova/instances",)
    assert (found["nfs:/v"].inodes, found["/dev/a"].inodes_free) == (None, 5)
    assert "tmpfs" not in found


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "daemon chronyd\nchrony 7F7F0101,,0,0,0.0,0,0,0,0,0,1,1,0,Not synchronised",
            ("chronyd", False, 0.0),
        ),
        ("daemon chronyd\nchrony 506 Cannot talk to daemon\nkernel yes", ("chronyd", True, None)),
        ("daemon ntpd\nntp leap_none, sync_ntp, offset=-1.5, clk_jitter=1", ("ntpd", True, -0.0015)),
        ("daemon ntpd\nntp associd=0 status=c016 leap_alarm, sync_unspec", ("ntpd", False, None)),
        ("daemon systemd-timesyn\nkernel no", ("systemd-timesyncd", False, None)),
        ("daemon systemd-timesyn\nkernel ", ("systemd-timesyncd", None, None)),
        ("kernel yes", ("", True, None)),
        ("", ("", None, None)),
    ],
)
def test_who_keeps_the_clock(said: str, told: tuple[Any, ...], facts: Any) -> None:
    (sync,) = facts("time_sync", said)
    assert (sync.daemon, sync.synchronised, sync.offset_s) == told


def test_containers_in_every_state(facts: Any) -> None:
    status = [
        "Up 3 hours (unhealthy)",
        "Up 2 days (Paused)",
        "Restarting (1) 4 seconds ago",
        "Exited (0) 1 hour ago",
    ]
    text = "".join(f"box{i}\timage\t{each}\n" for i, each in enumerate([*status, "Created", "Dead"]))
    states = [box.state for box in facts("containers", text)]
    assert states == ["running", "paused", "restarting", "exited", "created", "dead"]


def test_queues_of_several_virtual_hosts_and_of_old_releases(fake_host: Any) -> None:
    box = "0123456789abcdef" * 4
    fake_host.process(65, "/usr/lib/erlang/erts-13/bin/beam.smp -- -s rabbit boot", f"0::/docker-{box}.scope")
    fake_host.tool("docker", f'[ "$1 $2 $3" = "exec {box} rabbitmqctl" ] && shift 2 && exec "$@"')
    fake_host.tool(
        "rabbitmqctl",
        'case $* in *list_vhosts*) printf "Listing vhosts ...\\n/\\n/nova\\n" ;;'
        ' */nova*) printf "compute.c1\\t0\\t5\\n...done.\\n" ;;'
        ' *) printf "name\\tconsumers\\tmessages\\nconductor\\t2\\t0\\n" ;; esac',
    )
    found = [(q.vhost, q.name, q.consumers, q.messages) for q in fake_host.ask("queues")]
    assert found == [("/", "conductor", 2, 0), ("/nova", "compute.c1", 0, 5)]


def test_no_broker_here_is_an_empty_answer_and_a_dumb_one_a_reason(fake_host: Any) -> None:
    assert fake_host.ask("queues") == []
    assert fake_host.ask("databases") == []
    (fake_host.root / "usr/bin").mkdir(parents=True)
    fake_host.process(65, "/usr/lib/erlang/erts-13/bin/beam.smp -s rabbit boot")
    fake_host.tool("rabbitmqctl", "echo 'Error: unable to connect to node' >&2; exit 69")
    done = fake_host.run("queues")
    assert done.returncode
    assert "unable to connect" in done.stderr


def test_sockets_in_and_out(fake_host: Any) -> None:
    fake_host.tool(
        "ss",
        "cat <<E\n"
        'ESTAB 0 0 10.0.0.11:5672 10.0.0.12:41168 users:(("beam.smp",pid=67,fd=9))\n'
        'LISTEN 0 128 *:5672 *:* users:(("beam.smp",pid=67,fd=3))\n'
        'SYN-SENT 0 1 10.0.0.11:50000 10.0.0.99:3306 users:(("nova-conductor",pid=9,fd=3),("nova-conductor",pid=10,fd=3))\n'
        'ESTAB 0 0 10.0.0.11:50002 10.0.0.99:5671 users:(("neutron-server:",pid=12,fd=3))\n'
        'ESTAB 0 0 10.0.0.11:22 10.0.0.5:999 users:(("sshd",pid=1,fd=4))\n'
        "TIME-WAIT 0 0 10.0.0.11:50001 10.0.0.99:3306\n"
        "E",
    )
    found = [(s.state, s.local_port, s.peer_ip, s.peer_port, s.pids) for s in fake_host.ask("sockets")]
    assert found == [
        ("LISTEN", 5672, "", 0, (67,)),
        ("SYN-SENT", 50000, "10.0.0.99", 3306, (9, 10)),
        ("ESTAB", 50002, "10.0.0.99", 5671, (12,)),
    ]


def test_legacy_tables_are_asked_when_iptables_says_so(fake_host: Any) -> None:
    fake_host.tool(
        "iptables-save",
        "echo '# Warning: iptables-legacy tables present, use iptables-legacy-save to see them' >&2\n"
        "printf '# Generated by x\\n*filter\\n:INPUT ACCEPT [0:0]\\nCOMMIT\\n# Completed on x\\n'",
    )
    fake_host.tool(
        "iptables-legacy-save", "printf '*nat\\n:neutron -\\n[1:2] -A neutron -j DNAT\\nCOMMIT\\n'"
    )
    found = fake_host.ask("firewall")
    assert [(f.table, f.chain) for f in found] == [
        ("filter", "INPUT"),
        ("nat", "neutron"),
        ("nat", "neutron"),
    ]


def test_iptables_that_is_not_allowed_is_a_reason(fake_host: Any) -> None:
    fake_host.tool("iptables-save", "echo 'Fatal: can not open: Permission denied' >&2; exit 4")
    done = fake_host.run("firewall")
    assert done.returncode
    assert "Permission denied" in done.stderr
