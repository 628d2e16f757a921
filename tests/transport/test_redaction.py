"""Secrets that reach this side in spite of the first pass are taken out here; and what must stay, stays."""

from __future__ import annotations

import asyncio
import os
import tarfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitate.collect.transport.local import LocalPlace
from mitate.collect.transport.recording import Recording
from mitate.collect.transport.redact import redact, scrub

# Everywhere: options, URLs, command lines, tables. {} is the secret.
PLAIN = {
    "password = {}": "plainword",
    "admin_password={}": "Tr0ub4dor&3",
    "rabbit_password : '{}'": "quoted words with spaces",
    'metadata_proxy_shared_secret = "{}"': "double quoted, and a comma",
    "54\tkeystone_authtoken\tpassword\t=\t{}": "tab-separated",
    "memcache_secret_key={}": "0123456789abcdef0123456789abcdef",
    "heat_auth_encryption_key = {}": "keeperofheat",
    "os_pass={}": "anotherplain",
    "Environment=OS_PASSWORD={} OS_USERNAME=admin": "envsecret",
    "AWS_SECRET_ACCESS_KEY={}": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
    '"adminPass": "{}"': "jsonpass",
    "'password': u'{}',": "pythonrepr",
    '{{\\"auth\\": {{\\"password\\": \\"{}\\"}}}}': "escapedjson",
    "api_key: {}": "yamlapikey",
    "transport_url = rabbit://nova:{}@controller:5672/": "urlpass",
    "rabbit://a:{}@c1:5672,b:other@c2:5672/": "firstofmany",
    "rabbit://a:one@c1:5672,b:{}@c2:5672/": "secondofmany",
    "connection = mysql+pymysql://nova:{}@db/nova?charset=utf8": "p%40ss-in-url",
    "rabbit://a:x@c1:5672,b:y@c2:5672,d:{}@c3:5672/": "thirdofmany",
    "mysql://nova:{}@db/nova": "with/a/slash",
    "redis://:{}@cache:6379/0": "redispass",
    "amqp://user:{}@[fd00::1]:5672/": "ipv6hostpass",
    "https://{}@git.example.org/repo": "ghtokenonly",
    "https://x/v1/AUTH_a/c?temp_url_sig={}&temp_url_expires=1": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "https://b/o?X-Amz-Signature={}": "fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024",
    "https://b/o?token={}&x=1": "querytoken",
    "https://hooks.slack.com/services/{}": "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "mysql -u root -p{} nova": "gluedpass",
    "mysqldump --single-transaction -p {} nova": "apartpass",
    "sshpass -p {} ssh root@compute1": "sshpassword",
    "openstack --os-password {} server list": "optionpass",
    "rabbitmqctl --token={} status": "optionequals",
    "curl -u admin:{} http://x/": "curluser",
    "curl -H 'X-Auth-Token: {}' http://x/": "headertoken",
    "X-Subject-Token: {}": "subjecttoken",
    "Authorization: Bearer {}": "bearer.of.bad.news",
    "Authorization: Basic {}": "YWRtaW46aHVudGVyMg==",
    "Set-Cookie: sessionid={}; Path=/": "cookievalue",
    "ldapsearch -D cn=admin -w {}": "ldappass",
    "redis-cli -h cache -a {} info": "redisclipass",
    "the fernet token {} has expired": "gAAAAABlZ0hPabcdefghijklmnopqrstuvwxyz0123456789-_ABC=",
    "jwt {}": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9",
    "aws {}": "AKIAIOSFODNN7EXAMPLE",
    "slack {}": "xoxb-123456789012-abcdefghijkl",
    "root:{}:19000:0:99999:7:::": "$6$saltsalt$abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG./",
    "bcrypt {}": "$2b$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
    "mysql.user root {}": "*6BB4837EB74329105EE4568DDA7DC67ED2CA2AD9",
    "CREATE USER 'nova'@'%' IDENTIFIED BY '{}'": "sqlpassword",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----": "MIIEpAIBAAKCAQEAwordsofakey",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n{}": "b3BlbnNzaC1rZXktdjEcutoff",
    "community = {}": "snmppublic",
    "psk={}": "wirelesspsk",
}
# In free text: words of unknown shape go as well.
FREE = {
    "Login failed for nova with x9Kd82mQp1 from 10.0.0.5": "x9Kd82mQp1",
    "connecting as nova:t0psecret@controller": "t0psecret",
    "using key 3f7a9c1be4d25f60817a": "3f7a9c1be4d25f60817a",
    "value Passw0rd123 rejected": "Passw0rd123",
    "got (aGVsbG8gd29ybGQ0Mg==)": "aGVsbG8gd29ybGQ0Mg",
    "https://x/hook/9f8e7d6c5b4a39281706f5e4d3c2b1a0ff": "9f8e7d6c5b4a39281706f5e4d3c2b1a0ff",
    "set to S3cr3t-Pa55w0rd!": "S3cr3t-Pa55w0rd",
}
STAYS = [
    "2026-11-22 15:14:00.123 1234 ERROR nova.compute.manager [req-9f9a3ff1-d6a2-470e-b97e-12262f58b7a1 "
    "e353aedd7199417182e7c95b0c9a203b - - default default] [instance: 9f9a3ff1-d6a2-470e-b97e-12262f58b7a1] "
    "Build of instance aborted: Binding failed for port 2b1c6b8a-1d3b-4a4e-9d2f-1f2e3d4c5b6a",
    "AMQP server on controller01.example.org:5672 is unreachable: [Errno 111] ECONNREFUSED. Trying again",
    "Ports: tap1a2b3c4d-5e qvo1a2b3c4d-5e brq1a2b3c4d-5e qrouter-9f9a3ff1-d6a2-470e-b97e-12262f58b7a1",
    'File "/usr/lib/python3/dist-packages/nova/virt/libvirt/driver.py", line 4711, in spawn',
    "libvirt 9.0.0-4+deb12u2, qemu 7.2+dfsg-7+deb12u7, kernel 6.1.0-26-amd64, x86_64, python3.11",
    "instance-0000001a fa:16:3e:11:22:33 fe80::f816:3eff:fe11:2233/64 10.0.0.21:5672 0xffff0000",
    "(pymysql.err.OperationalError) (2003, \"Can't connect to MySQL server on 'db' ([Errno 111])\")",
    "HTTPConnectionPool(host='controller', port=8778): Max retries exceeded with url: /resource_providers",
    "Token cache time: token_cache_time = 300, auth_type = password, www_authenticate_uri = http://c:5000",
    "Filter results: ['AvailabilityZoneFilter: (start: 2, end: 2)', 'ComputeFilter: (start: 2, end: 0)']",
    "2026-11-22T15:14:00.000000Z 20261122T151400Z took 12.5s for 64MB",
    "password: None, secret: ***, token = «redacted», passphrase=",
    "oslo_messaging.exceptions.MessagingTimeout: Timed out waiting for a reply to message ID "
    "9f9a3ff1d6a2470eb97e12262f58b7a1",
]
TABLES = [
    '-A neutron-linuxbri-i0a1b2c3d-e -m comment --comment "x y" -m mark --mark 0x10000/0xffff0000 -j DROP',
    '{"ifname": "ams01r02u14", "link_netnsid": 0, "address": "fa:16:3e:11:22:33", "ikey": "0.0.0.1"}',
    "tcp 6 431999 ESTABLISHED src=10.10.0.99 dst=203.0.113.151 sport=59098 dport=22 [ASSURED] mark=0",
    " cookie=0x8f77d2, duration=9.5s, table=10, actions=learn(table=20,cookie=0x8f77d2,NXM_OF_ETH_DST[])",
    "54\tkeystone_authtoken\tpassword\t*\t",
    "5\tDEFAULT\ttransport_url\t=\trabbit://***@controller:5672/",
    "9\tservice_user\tauth_type\t=\tpassword",
    "http://controller:5000/v3/users/a@example.org",
    "x9Kd82mQp1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
]


@pytest.mark.parametrize(("text", "secret"), PLAIN.items())
def test_what_is_secret_by_its_name_or_form(text: str, secret: str) -> None:
    for clean in (scrub, redact):
        told = clean(f"before\n{text.format(secret)}\nafter\n")
        assert secret not in told
        assert told.startswith("before\n")
        assert told.endswith("\nafter\n") or "BEGIN OPENSSH" in text
        assert clean(told) == told


@pytest.mark.parametrize(("text", "secret"), FREE.items())
def test_words_of_unknown_shape_in_free_text(text: str, secret: str) -> None:
    assert secret not in redact(text)


@pytest.mark.parametrize("text", STAYS)
def test_what_is_harmless_stays_in_free_text(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("text", TABLES)
def test_tables_stay_as_they_are(text: str) -> None:
    assert scrub(text) == text


def test_nothing_planted_at_a_host_is_in_its_recording(
    tmp_path: Path, registry: Any, program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions that redact nothing themselves; without root, sudo is imitated."""
    monkeypatch.setenv("PATH", f"{program('sudo', 'shift; exec sh -s')}:{os.environ['PATH']}")
    for i, (text, secret) in enumerate(PLAIN.items()):
        (tmp_path / f"{i}.conf").write_text(text.format(secret))
        registry.host(f"plain{i}", f"cat {tmp_path}/{i}.conf; cat {tmp_path}/{i}.conf >&2; exit {i % 2}")
    for i, text in enumerate(FREE):
        (tmp_path / f"{i}.log").write_text(f"2026-11-22 15:14:00.123 1 ERROR nova [-] {text}\n")
        registry.log(f"free{i}", f"cat {tmp_path}/{i}.log")
    recording = Recording(tmp_path / "b.tar.gz", "test", datetime.now(UTC))
    asyncio.run(recording.of(LocalPlace("host")).ask(registry.questions))
    assert recording.finish() == ""
    with tarfile.open(tmp_path / "b.tar.gz") as tar:
        held = "".join(tar.extractfile(member).read().decode() for member in tar)  # type: ignore[union-attr]
    assert len(PLAIN) + len(FREE) > 50
    assert [secret for secret in [*PLAIN.values(), *FREE.values()] if secret in held] == []
    assert "[-]" in held


@given(st.text(max_size=300))
def test_any_text_can_be_redacted_twice(text: str) -> None:
    assert redact(redact(text)) == redact(text)
    assert scrub(scrub(text)) == scrub(text)


@pytest.mark.parametrize(
    "unit",
    [
        "a1",
        "password",
        "://a",
        "a:b@",
        "mysql ",
        "0a-",
        "-----BEGIN PRIVATE KEY-----",
        "--a",
        ":a",
        "x-",
        "{'",
    ],
)
def test_time_grows_with_the_length_alone(unit: str) -> None:
    def took(size: int) -> float:
        text = unit * (size // len(unit)) + " password token"
        began = time.process_time()
        redact(text)
        return time.process_time() - began

    took(1000)
    small, large = took(40_000), took(320_000)
    assert large < 40 * small + 0.2
