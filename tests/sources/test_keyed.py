"""Values that are not told: equal ones have equal digests in one run, and none tells what it was made of."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from mitate.collect.question import Answer, HostQuestion, all_sources
from mitate.collect.sources._keyed import digest, environment, run_key
from mitate.collect.transport.listen import Listener
from mitate.collect.transport.script import script_for
from mitate.model.errors import CannotSee
from mitate.model.host import ConfigFile, ConfigOption

KEY = bytes(range(32))
SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"], "bash": ["bash", "--posix"]}
PLANTED = {
    "password": "S3cr3t-one",
    "admin_password": "S3cr3t-one",
    "memcache_secret_key": 'back\\slash %s %n "and" $(quotes) `x`',
    "san_password": "пароль",
    "transport_url": "rabbit://nova:pw@controller:5672/",
}


def text() -> str:
    return "[DEFAULT]\n" + "".join(f"{name} = {value}\n" for name, value in PLANTED.items())


def ask(host: Any, shell: str, key: bytes = KEY) -> list[Any]:
    """What the script of the configuration tells where it is given a key."""
    host.run("configuration")  # puts the tools there
    done = subprocess.run(
        [*SHELLS[shell], "-c", f"export {environment(key)}\n{host.script('configuration')}"],
        env={"PATH": f"{host.bin}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=True,
    )
    said = done.stdout.decode(errors="replace").replace(str(host.root), "")
    assert not [value for value in PLANTED.values() if value in said]
    answer = Answer("configuration", "h", "asked", AT, said)
    return list(all_sources()["configuration"].parse(answer))


AT = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


def digests(told: list[Any]) -> dict[str, str]:
    return {each.name: each.digest for each in told if isinstance(each, ConfigOption)}


@pytest.fixture
def host(fake_host: Any) -> Any:
    fake_host.file("/etc/nova/nova.conf", text())
    fake_host.process(100, "/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf")
    return fake_host


def test_it_is_the_hmac_of_rfc_2104(host: Any, each_shell: str, each_awk: str) -> None:
    host.tool("awk", f'exec {each_awk if each_awk != "busybox" else "busybox awk"} "$@"')
    told = digests(ask(host, each_shell))
    assert told == {name: digest(KEY, value.encode()) for name, value in PLANTED.items()}
    assert told["password"] == told["admin_password"]


def test_another_key_another_digest(host: Any) -> None:
    first, second = ask(host, "dash"), ask(host, "dash", bytes(32))
    assert not set(digests(first).values()) & set(digests(second).values())
    keys = [{each.key for each in told if isinstance(each, ConfigFile)} for told in (first, second)]
    assert keys[0] != keys[1]


def test_without_a_key_there_is_none(host: Any) -> None:
    told = host.ask("configuration")
    assert set(digests(told).values()) == {""}
    assert [each.key for each in told if isinstance(each, ConfigFile)] == [""]


def test_what_is_the_host_s_own_is_left_out_of_a_second_digest(fake_host: Any) -> None:
    def one(address: str) -> ConfigOption:
        fake_host.tool("ip", f"echo '2: eth0 inet {address}/24 scope global'")
        fake_host.file("/etc/nova/nova.conf", f"[DEFAULT]\nvendor_listen = {address}:99, 110.0.0.21\n")
        return next(each for each in ask(fake_host, "dash") if isinstance(each, ConfigOption))

    fake_host.process(100, "/usr/bin/python3 /usr/bin/nova-compute --config-file=/etc/nova/nova.conf")
    first, second = one("10.0.0.21"), one("10.0.0.22")
    assert first.digest != second.digest
    assert first.digest_but_own == second.digest_but_own != ""


def test_the_key_is_on_no_command_line() -> None:
    commands = "for each in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$each; echo; done 2>/dev/null; true"
    question = HostQuestion(name="q", script=f"echo $mitate_run; {commands}", asked="q", keyed=True)
    other = HostQuestion(name="other", script='echo "key $mitate_inner"', asked="other")
    script = script_for([question, other])
    done = subprocess.run(["dash", "-s"], input=script.text.encode(), capture_output=True, check=False)
    listener = Listener("host", script)
    listener.hear(done.stdout)
    told = listener.answers(CannotSee("never", "closed"))
    asked, rest = told["q"], told["other"]
    assert isinstance(asked, Answer)
    assert isinstance(rest, Answer)
    assert asked.text.startswith(digest(run_key(), b"")[:8]), "it is there"
    inner = environment(run_key()).split("mitate_inner='")[1][:40]
    assert inner not in asked.text
    assert rest.text == "key \n", "what does not need it does not have it"
