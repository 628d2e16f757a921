"""Fifty secrets are planted in a host's files, command lines and logs; the very scripts run over it.

The host is a fake: a directory, with ``ps`` and ``curl`` replaced. The scripts and every awk are real.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mitate.model.host import ConfigOption

PEM = [
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
    "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu==",
    "abcdefghijklmnop=",
]
FERNET = "gAAAAABlXyZ0q1w2e3r4t5y6u7i8o9p0aSdFgHjKlZxCvBnM1234567890qwertyuiopasdfg-_"
OPTIONS = {
    "password": "S3cr3t-one",
    "admin_password": "hunter2",
    "memcache_secret_key": "k3y/with/slashes",
    "metadata_proxy_shared_secret": "metadata_shared_7",
    "rbd_secret_uuid": "4b5c8c0a-ff60-454b-a1b4-9747aa737d19",
    "some_vendor_option": "Vend0rOnly",
    "ipmi_password": "plainlettersonly",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "ssh_private_key_passphrase": "open sesame please",
    "san_password": "p@ss:w0rd,with;all'of\"it",
    "vnc_password": "пароль42",
    "empty_then_continued": "begin\n    continued_secret_line=9x9\n\tand_more_8y8",
    "san_login": "loginname_q1",
    "auth_token": FERNET,
    "hash": "5f4dcc3b5aa765d61d8327deb882cf99",
}
KEPT = {  # options whose value is kept, as far as it can be
    "transport_url": "rabbit://a:rabbitPW1@controller:5672,a:rab,bit@Pw2@other:5672/vhost?ssl_pw=qs3",
    "connection": "mysql+pymysql://nova:dbPw4@controller/nova?charset=utf8&passwd=qs5",
    "auth_url": "https://user6:urlPw6@controller:5000/v3",
    "memcached_servers": "controller:11211 user:memPw7@x",
    "www_authenticate_uri": "http://controller:5000/?token=qs8tok",
    "my_ip": "sl1pped-in9!",
    "slave_connection": "mysql://nova:with/slash10@controller/nova",
    "sql_connection": "mysql://nova:with?mark11@controller/nova",
}
COMMANDS = {
    "--os-password cmdPw20": "cmdPw20",
    "--password=cmdPw21": "cmdPw21",
    "-pcmdPw22": "cmdPw22",
    "OS_PASSWORD=cmdPw23": "cmdPw23",
    "rabbit://a:cmdPw24@h/": "cmdPw24",
    "--config-file=https://u:cmdPw25@h/x": "cmdPw25",
    "--token cmdtoken26": "cmdtoken26",
    "positional27secret": "positional27secret",
    "--log-file='quoted28'": "quoted28",
    "-x -y hidden29": "hidden29",
    "--S3cretOptionName30": "S3cretOptionName30",
}
MESSAGES = {
    "Login with password=logPw40 failed": "logPw40",
    "{'auth': {'password': 'logPw41', 'user': 'nova'}}": "logPw41",
    "connecting to amqp://openstack:logPw42@controller:5672//": "logPw42",
    'X-Auth-Token: gAAAAAtoken43, User-Agent: "x"': "gAAAAAtoken43",
    "GET /v3/auth/tokens/gAAAAApath44xyz": "gAAAAApath44xyz",
    f"bad token {FERNET[:40]}": FERNET[:40],
    "secret is xKjQwPzLmN": "xKjQwPzLmN",
    "('password', 'tuplePw46')": "tuplePw46",
    "Command: mysql -u root --password tupl3Pw47": "tupl3Pw47",
    "using key -----BEGIN RSA PRIVATE KEY-----\\nMIIkey48": "MIIkey48",
    "user nova:inlinePw49@controller": "inlinePw49",
    "the password plainlettersonly was refused": "plainlettersonly",
    "GET http://controller/?sig=sigPw50&x=1": "sigPw50",
    "nonascii pässw51rd": "ssw51rd",
    "md5 5f4dcc3b5aa765d61d8327deb882cf98": "5f4dcc3b5aa765d61d8327deb882cf98",
}
PIECES = {  # of secrets with separators in them, what must not be seen either
    "rabbitPW1", "bit@Pw2", "Pw2", "rab,", "qs3", "Pw4", "qs5", "urlPw6", "memPw7", "qs8tok", "sl1pped",
    "slash10", "mark11", "passwd52", "masterKey53", "open sesame", "w0rd", "continued_secret", "and_more_8y8",
}  # fmt: skip
SECRETS = {*PEM, *OPTIONS.values(), *COMMANDS.values(), *MESSAGES.values(), *PIECES}


@pytest.fixture
def planted(fake_host: Any, tmp_path: Path) -> Any:
    options = {**OPTIONS, **KEPT}
    lines = [f"{name} = {value}" for name, value in options.items()]
    lines.insert(4, "-----BEGIN PRIVATE KEY-----\n" + "\n".join(PEM) + "\n-----END PRIVATE KEY-----")
    text = "[DEFAULT]\nlog_dir = /var/log/nova\n" + "\n".join(lines) + "\n[S3cr3t-one section]\nx = 1\n"
    section = "[neutron]\nauth_url = http://controller:5000\nusername = neutron\npassword = S3cr3t-one\n"
    fake_host.file("/etc/nova/nova.conf", text + section)
    command = "/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf "
    fake_host.process(100, command + " ".join(COMMANDS))
    fake_host.process(101, "/usr/sbin/mariadbd --wsrep-sst-auth=root:cmdPw21 positional27secret")
    fake_host.process(102, "/usr/lib/erlang/bin/beam.smp -setcookie cmdPw20 -s rabbit boot")
    fake_host.file(
        "/var/log/nova/nova-compute.log",
        "".join(
            f"2026-11-22 15:32:01.{i:03} 100 ERROR nova.compute.manager [None req-{FERNET[:5]}] {message}\n"
            f"2026-11-22 15:32:01.{i:03} 100 ERROR nova.compute.manager {message}\n"
            for i, message in enumerate(["Unauthorized: Keystone will not (HTTP 401)", *MESSAGES])
        ),
    )
    fake_host.file(
        "/run/libvirt/qemu/instance-00000001.xml",
        "<domstatus state='running' pid='100'>\n<domain type='kvm'>\n  <name>instance-00000001</name>\n"
        "  <uuid>aa5311f0-cf38-4828-8a30-1b4a18820535</uuid>\n"
        "<graphics type='vnc' passwd='passwd52'/>\n<secret masterKey53/>\n</domain>\n</domstatus>\n",
    )
    seen = tmp_path / "curl.argv"
    fake_host.tool("curl", f'echo "$@" >>{seen}; cat >>{tmp_path}/curl.stdin; printf 401')
    return fake_host


def test_there_are_fifty() -> None:
    assert len(SECRETS) >= 50


@pytest.mark.parametrize(
    "name", ["processes", "configuration", "logs", "domains", "credentials", "filesystems"]
)
def test_no_secret_leaves_the_host(planted: Any, each_awk: str, name: str) -> None:
    done = planted.run(name, awk=each_awk)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "it found nothing to redact"
    assert [secret for secret in SECRETS if secret in done.stdout + done.stderr] == []


def test_what_is_harmless_stays(planted: Any, each_awk: str, facts: Any) -> None:
    options = {
        (option.section, option.name): option
        for option in facts("configuration", planted.run("configuration", awk=each_awk).stdout)
        if isinstance(option, ConfigOption)
    }
    assert options["DEFAULT", "log_dir"].value == "/var/log/nova"
    assert options["DEFAULT", "auth_url"].value == "https://***@controller:5000/v3"
    assert options["DEFAULT", "connection"].value == "mysql+pymysql://***@controller/nova"
    assert options["neutron", "username"].value == "neutron"
    password = options["DEFAULT", "password"]
    assert (password.redacted, password.blank, password.value) == (True, False, "")
    process = facts("processes", planted.run("processes", awk=each_awk).stdout)[0]
    assert process.service == "nova-compute"
    assert "--config-file=/etc/nova/nova.conf" in process.command


def test_a_password_never_stands_on_a_command_line(planted: Any, tmp_path: Path, each_awk: str) -> None:
    done = planted.run("credentials", awk=each_awk)
    assert done.returncode == 0
    said = (tmp_path / "curl.argv").read_text()
    assert [secret for secret in SECRETS if secret in said] == []
    assert "S3cr3t-one" in (tmp_path / "curl.stdin").read_text(), "but it must be asked with"
    assert not [secret for secret in SECRETS if secret in planted.script("credentials")]
