# ruff: noqa: E501 - lines of logs and of tools are as long as they are
"""What the scripts find out about services: their configuration, credentials and logs, and what is read of it.

The host is a fake: a directory, with tools that answer what real ones answered. The scripts are real.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mitate.model.host import ConfigOption

NOVA = "/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf"


def options_of(told: list[Any]) -> list[ConfigOption]:
    return [each for each in told if isinstance(each, ConfigOption)]


def value(options: list[Any], name: str, service: str = "") -> list[str]:
    return [o.value for o in options if o.name == name and service in ("", o.service)]


def test_a_service_is_read_by_the_files_of_its_command_line(fake_host: Any) -> None:
    fake_host.file(
        "/etc/nova/nova.conf", "[DEFAULT]\nmy_ip = 10.0.0.1\n# host = commented\n\n[libvirt]\nvirt_type=kvm\n"
    )
    fake_host.file("/etc/nova/extra.d/20.conf", "[DEFAULT]\nhost = twenty\n")
    fake_host.file("/etc/nova/extra.d/10.conf", "[DEFAULT]\nhost: ten\n")
    fake_host.file("/etc/nova/unused.conf", "[DEFAULT]\nhost = unused\n")
    fake_host.process(100, f"{NOVA} --config-dir /etc/nova/extra.d")
    options = options_of(fake_host.ask("configuration"))
    assert {o.service for o in options} == {"nova-compute"}
    assert value(options, "my_ip") == ["10.0.0.1"]
    assert value(options, "host") == ["ten", "twenty"], "in the order in which oslo.config reads them"
    assert [(o.section, o.line) for o in options if o.name == "virt_type"] == [("libvirt", 6)]


def test_a_value_goes_on_in_lines_that_begin_with_a_space(fake_host: Any, facts: Any, each_awk: str) -> None:
    """As oslo.config reads them: to the next blank line, option or section."""
    fake_host.file(
        "/etc/nova/nova.conf",
        "[filter_scheduler]\nenabled_filters = ComputeFilter,\n  AvailabilityZoneFilter,\r\n\tJsonFilter\n"
        "[DEFAULT]\nhost =\n  ten\n\n  eleven\npassword = a\n b\nmy_ip = 10.0.0.1\n # no comment",
    )
    fake_host.process(100, NOVA)
    options = options_of(facts("configuration", fake_host.run("configuration", awk=each_awk).stdout))
    assert value(options, "enabled_filters") == ["ComputeFilter, AvailabilityZoneFilter, JsonFilter"]
    assert value(options, "host") == ["ten"]
    assert [(o.value, o.redacted) for o in options if o.name == "password"] == [("", True)]
    assert [o.line for o in options] == [2, 6, 10, 12]


def test_without_options_the_places_of_oslo_config(fake_host: Any) -> None:
    fake_host.file("/usr/share/nova/nova-dist.conf", "[DEFAULT]\nhost = dist\n")
    fake_host.file("/etc/nova/nova.conf", "[DEFAULT]\nhost = own\n")
    fake_host.file("/etc/placement/placement.conf", "[api]\nauth_strategy = keystone\n")
    fake_host.process(100, "/usr/bin/python3 /usr/bin/nova-scheduler")
    fake_host.process(101, "/usr/bin/uwsgi_python311 --ini /etc/placement/placement-api-uwsgi.ini")
    options = options_of(fake_host.ask("configuration"))
    assert value(options, "host", "nova-scheduler") == ["dist", "own"]
    assert value(options, "auth_strategy", "placement-api") == ["keystone"]


def test_a_container_is_read_through_its_own_root(fake_host: Any) -> None:
    fake_host.file("/etc/nova/nova.conf", "[DEFAULT]\nhost = of-the-host\n")
    fake_host.file("/c1/etc/nova/nova.conf", "[DEFAULT]\nhost = inside\n")
    cgroup = "0::/system.slice/docker-" + "0123456789abcdef" * 4 + ".scope"
    fake_host.process(100, NOVA, cgroup, own="/c1")
    fake_host.tool("docker", "printf 'name\\t%s\\tnova_compute\\n' " + "0123456789abcdef" * 4)
    options = options_of(fake_host.ask("configuration"))
    assert [(o.file, o.value) for o in options] == [("/etc/nova/nova.conf", "inside")]
    process = fake_host.ask("processes")[0]
    assert (process.service, process.container, process.unit) == ("nova-compute", "nova_compute", "")


def test_an_enabled_service_that_does_not_run_is_read_too(fake_host: Any) -> None:
    fake_host.file("/etc/nova/nova.conf", "[DEFAULT]\nhost = stopped\n")
    wants = fake_host.root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    for name in ("openstack-nova-compute.service", "cron.service"):
        (wants / name).symlink_to(f"/lib/systemd/system/{name}")
    assert value(options_of(fake_host.ask("configuration")), "host", "nova-compute") == ["stopped"]
    fake_host.process(100, NOVA)
    assert value(options_of(fake_host.ask("configuration")), "host", "nova-compute") == ["stopped"], (
        "once, not twice"
    )


def test_blank_redacted_and_kept_are_told_apart(fake_host: Any) -> None:
    text = "[DEFAULT]\ntransport_url =\nmy_ip =   10.0.0.1   \npassword = x1\nmulti = a\n  continued\nhost = $my_ip\n"
    fake_host.file("/etc/nova/nova.conf", text)
    fake_host.process(100, NOVA)
    told = {o.name: (o.value, o.redacted, o.blank) for o in options_of(fake_host.ask("configuration"))}
    assert told == {
        "transport_url": ("", False, True),
        "my_ip": ("10.0.0.1", False, False),
        "password": ("", True, False),
        "multi": ("", True, False),
        "host": ("$my_ip", False, False),
    }


LOG = """\
2026-11-22 15:32:00.001 95 INFO nova.compute [-] fine
2026-11-22 15:32:01.453 95 ERROR oslo.messaging._drivers.impl_rabbit [-] AMQP server on controller:5672 is unreachable
2026-11-22 15:32:02.000 95 ERROR nova.compute.manager [None req-9b568c4f-fbe2-410c-b878-a4144cdb11bf d14f e353 - - \
default default] [instance: 9f9a3ff1-d6a2-470e-b97e-12262f58b7a1] Build failed: No valid host was found.
2026-11-22 15:32:02.000 95 ERROR nova.compute.manager Traceback (most recent call last):
2026-11-22 15:32:02.000 95 ERROR nova.compute.manager   File "/usr/lib/python3/dist-packages/nova/x.py", line 1
2026-11-22 15:32:02.000 95 ERROR nova.compute.manager     raise X
2026-11-22 15:32:02.000 95 ERROR nova.compute.manager nova.exception.PortBindingFailed: Binding failed for port 1
not a line of a log, but it says ERROR
2026-11-22 15:32:03,004 95 CRITICAL nova [-] Unhandled error
"""


def test_logs_keep_what_tells(fake_host: Any) -> None:
    fake_host.file("/var/log/nova/nova-compute.log", LOG)
    fake_host.file("/var/log/kolla/neutron/neutron-l3-agent.log", LOG.splitlines()[1] + "\n")
    fake_host.file("/var/log/glance/api.log", LOG.splitlines()[1].replace("ERROR", "INFO") + "\n")
    fake_host.tool("date", 'case $1 in +%z) echo -0300 ;; *) exec /bin/date "$@" ;; esac')
    found = fake_host.ask("logs")
    nova = [line for line in found if line.service == "nova-compute"]
    assert [line.message for line in nova] == [
        "AMQP server on controller:5672 is unreachable",
        "[instance: 9f9a3ff1-d6a2-470e-b97e-12262f58b7a1] Build failed: No valid host was found.",
        "nova.exception.PortBindingFailed: Binding failed for port 1",
        "Unhandled error",
    ]
    assert [line.level for line in nova] == ["ERROR", "ERROR", "ERROR", "CRITICAL"]
    assert nova[0].at == datetime(2026, 11, 22, 18, 32, 1, 453000, tzinfo=UTC), (
        "its clock is three hours behind"
    )
    assert nova[1].request_id == "req-9b568c4f-fbe2-410c-b878-a4144cdb11bf"
    assert {line.service for line in found} == {"nova-compute", "neutron-l3-agent"}


def test_a_log_named_on_the_command_line_and_one_in_a_container(fake_host: Any) -> None:
    fake_host.file("/c1/srv/logs/nova-compute.log", LOG)
    fake_host.process(100, f"{NOVA} --log-file=/srv/logs/nova-compute.log", "0::/docker-1", own="/c1")
    assert {line.file for line in fake_host.ask("logs")} == {"/srv/logs/nova-compute.log"}


JOURNAL = """\
1795361521.450000 h devstack@n-cpu.service[95]: \x1b[00;33mWARNING nova.virt \x1b[01;36m[None req-9b568c4f-fbe2-410c-\
b878-a4144cdb11bf admin admin] it is slow\x1b[00m
1795361522.450000 h nova-compute[95]: 2026-11-22 15:32:02.450 95 ERROR nova.compute.manager [-] it failed
"""


def test_the_journal_where_there_are_no_files(fake_host: Any) -> None:
    fake_host.file("/journal", JOURNAL)
    fake_host.tool("journalctl", f"cat {fake_host.root}/journal")
    fake_host.tool("systemctl", ":")
    found = fake_host.ask("logs")
    assert [(line.service, line.level, line.message) for line in found] == [
        ("nova-compute", "WARNING", "it is slow"),
        ("nova-compute", "ERROR", "it failed"),
    ]
    assert found[0].at == datetime(2026, 11, 22, 15, 32, 1, 450000, tzinfo=UTC)


def test_why_a_unit_does_not_stay_up(fake_host: Any) -> None:
    said = "1795361521.4 h neutron-dhcp-agent[9]: oslo_config.cfg.ConfigFileValueError: Value for option x is invalid\n"
    fake_host.file("/journal", said + "1795361521.5 h systemd[1]: Started it\n")
    fake_host.file("/var/log/neutron/x.log", LOG)
    fake_host.tool("systemctl", "echo 'neutron-dhcp-agent.service loaded activating auto-restart DHCP'")
    fake_host.tool("journalctl", f"cat {fake_host.root}/journal")
    line = next(line for line in fake_host.ask("logs") if line.file.startswith("journal:"))
    assert (line.service, line.level, line.logger) == ("neutron-dhcp-agent", "ERROR", "stderr")
    assert "ConfigFileValueError: Value for option" in line.message


CURL = """
all=$(cat)
printf '%s\\n' "$all" >>"$0.log"
case $all in *right*) printf 201 ;; *wrong*) printf 401 ;; *) printf 000; exit 7 ;; esac
"""


def test_credentials_are_tried_once_each(fake_host: Any) -> None:
    def section(name: str, password: str, user: str = "nova", more: str = "") -> str:
        return (
            f"[{name}]\nauth_url = http://controller:5000/\nusername = {user}\npassword = {password}\n{more}"
        )

    same = section("keystone_authtoken", "right") + section("service_user", "right")
    other = section("neutron", "wrong", "neutron") + section(
        "placement", "$$down", "placement", "project_name = s\n"
    )
    by_reference = section("glance", "$pw", "glance") + section("cinder", "$nobody_knows", "cinder")
    fake_host.file("/etc/nova/nova.conf", "[DEFAULT]\npw = right\n" + same + other + by_reference)
    fake_host.process(100, NOVA)
    fake_host.tool("curl", CURL)
    tests = {test.section: test for test in fake_host.ask("credentials")}
    assert {name: (test.status, test.detail) for name, test in tests.items()} == {
        "keystone_authtoken": (201, "accepted"),
        "service_user": (201, "accepted"),
        "neutron": (401, "rejected"),
        "placement": (None, "connection refused"),
        "glance": (201, "accepted"),
    }
    asked = (fake_host.bin / "curl.log").read_text()
    assert asked.count("/v3/auth/tokens") == 4
    assert r"\"password\":\"$down\"" in asked, "$$ is how oslo.config writes a dollar"
    assert tests["neutron"].auth_url == "http://controller:5000/"


@pytest.mark.parametrize(
    ("said", "tried"),
    [
        ("INFO nova.compute.manager all is well", 0),
        ("ERROR nova keystoneauth1.exceptions.http.Unauthorized: it did not (HTTP 401)", 1),
    ],
)
def test_keystone_is_spared_where_no_log_complains(fake_host: Any, said: str, tried: int) -> None:
    fake_host.file(
        "/etc/nova/nova.conf", "[neutron]\nauth_url = http://c:5000\nusername = neutron\npassword = wrong\n"
    )
    fake_host.file("/var/log/nova/nova-compute.log", f"2026-11-22 15:32:01.450 9 {said}\n")
    fake_host.process(100, NOVA)
    fake_host.tool("curl", CURL)
    assert len(fake_host.ask("credentials")) == tried


def test_credentials_need_curl_to_be_tried(fake_host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_host.file("/etc/nova/nova.conf", "[DEFAULT]\nhost = x\n")
    fake_host.process(100, NOVA)
    for tool in ("sh", "dash", "awk", "sed", "cat", "grep", "tail"):
        (fake_host.bin / tool).symlink_to(
            next(p for p in (f"/usr/bin/{tool}", f"/bin/{tool}") if Path(p).exists())
        )
    monkeypatch.setenv("PATH", str(fake_host.bin))
    done = fake_host.run("credentials")
    assert (done.returncode, done.stderr.strip()) == (1, "curl is not installed")
