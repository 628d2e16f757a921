"""A user of a host may call a process as they please; the scripts run as root and must not be led astray.

The host is a fake: a directory. The scripts are real.
"""

from __future__ import annotations

from typing import Any

NOVA = "/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf"
SECTION = "[neutron]\nauth_url = http://{}:5000\nusername = neutron\npassword = {}\n"


def test_no_password_goes_where_a_user_wants_it(fake_host: Any) -> None:
    """A file of theirs beside the real one would change the address that the password is sent to."""
    fake_host.file("/etc/nova/nova.conf", SECTION.format("controller", "S3cr3t"))
    fake_host.file("/home/eve/x.conf", "[neutron]\nauth_url = http://eve.example\n")
    fake_host.process(666, f"{NOVA} --config-file=/home/eve/x.conf")
    fake_host.process(667, f"{NOVA} --config-file=/etc/../home/eve/x.conf")
    fake_host.tool("curl", 'cat >>"$0.log"; printf 201')
    assert fake_host.ask("credentials") == []
    assert not (fake_host.bin / "curl.log").exists()
    fake_host.process(100, NOVA)
    assert [test.auth_url for test in fake_host.ask("credentials")] == ["http://controller:5000"]
    assert "eve" not in (fake_host.bin / "curl.log").read_text()


def test_a_process_in_a_user_namespace_of_its_own_is_not_read(fake_host: Any) -> None:
    fake_host.file("/eve/etc/nova/nova.conf", "[DEFAULT]\nhost = hers\n" + SECTION.format("eve.example", "x"))
    fake_host.process(666, NOVA, own="/eve")
    fake_host.file("/proc/666/ns/user", "")
    fake_host.file("/proc/self/ns/user", "")
    fake_host.tool("curl", 'cat >>"$0.log"; printf 201')
    assert fake_host.ask("configuration") == []
    assert fake_host.ask("credentials") == []


def test_a_dnsmasq_that_is_none_shows_no_file(fake_host: Any) -> None:
    fake_host.file("/etc/shadow", "root:$6$S3cr3t$hash:19000:0:99999:7:::\naa:bb,S3cr3t word\n")
    fake_host.process(666, "dnsmasq --dhcp-hostsfile=/etc/shadow")
    done = fake_host.run("dhcp_hosts")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_log_that_is_none_shows_no_file(fake_host: Any) -> None:
    fake_host.file("/etc/shadow", "root:$6$S3cr3t$hash:19000:0:99999:7:::\n")
    fake_host.process(666, f"{NOVA} --log-file=/etc/shadow")
    assert "S3cr3t" not in fake_host.run("logs").stdout


def test_names_are_no_shell_words(fake_host: Any) -> None:
    for number, name in enumerate(
        ("nova-$(touch /tmp/x)", "nova-../../root/x", "nova-*", "nova-a|/etc/shadow|b", "nova-;x")
    ):
        fake_host.process(666 + number, f"/usr/bin/{name} --config-file=/etc/sha*ow --config-dir=$(id)")
    fake_host.file("/etc/shadow", "host = S3cr3t\n")
    fake_host.file("/root/x.conf", "[DEFAULT]\nhost = S3cr3t\n")
    for question in ("configuration", "credentials", "logs", "processes"):
        done = fake_host.run(question)
        assert done.returncode == 0, done.stderr
        assert "S3cr3t" not in done.stdout
        assert "uid=" not in done.stdout


def test_nothing_of_a_container_is_run_with_the_rights_of_the_host(fake_host: Any) -> None:
    (fake_host.root / "usr/bin").mkdir(parents=True)
    fake_host.file("/eve/usr/bin/mariadb", "").chmod(0o755)
    fake_host.process(
        666, "/usr/lib/erlang/bin/beam.smp -s rabbit boot", "0::/user.slice/session.scope", own="/eve"
    )
    fake_host.process(667, "/usr/sbin/mariadbd", "0::/user.slice/session.scope", own="/eve")
    for question in ("queues", "databases"):
        fake_host.tool("nsenter", "echo entered")
        done = fake_host.run(question)
        assert done.returncode
        assert "container of another kind" in done.stderr
        assert "entered" not in done.stdout
