"""Hosts by ssh, against a real sshd on the loopback."""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mitate.collect.question import Answer
from mitate.collect.transport.ssh import Ssh, SshPlace
from mitate.collect.transport.target import Target
from mitate.model.errors import CannotSee
from mitate.model.host import HostContact

Told = Mapping[str, Answer | CannotSee]


def ask(places: list[SshPlace], questions: list[Any]) -> list[Told]:
    """All places at once."""

    async def together() -> list[Told]:
        return list(await asyncio.gather(*(place.ask(questions) for place in places)))

    return asyncio.run(together())


def contact(place: SshPlace) -> HostContact:
    assert place.contact
    return place.contact


def test_all_questions_travel_over_one_connection(sshd: Any, registry: Any) -> None:
    registry.host("who", "id -u; uname -n")
    registry.host("eats", "cat; echo fine")
    registry.host("slow", "sleep 0.2; echo slow", slow=True)
    registry.host("absent", "echo rabbitmqctl is not installed >&2; exit 1")
    ssh = Ssh(sshd.config)
    (place,) = ssh.named(["compute1"])
    (told,) = ask([place], registry.questions)
    who = told["who"]
    assert isinstance(who, Answer)
    assert who.host == "compute1"
    assert who.text.endswith(f"{os.uname().nodename}\n")
    assert (ssh.connections, place.hostname) == (1, os.uname().nodename)
    assert contact(place).reached
    assert contact(place).reason == ""
    assert str(told["absent"]) == "rabbitmqctl is not installed"
    slow = told["slow"]
    assert isinstance(slow, Answer)
    assert slow.at <= who.at  # when it was asked, not when it was read


def test_two_hundred_hosts_at_once(sshd: Any, registry: Any) -> None:
    registry.host("who", "echo $SSH_CONNECTION")
    ssh = Ssh(sshd.config, connect_s=60, total_s=60)
    places = ssh.named([f"compute{i}" for i in range(200)])
    told = ask(places, registry.questions)
    assert [str(each["who"]) for each in told if isinstance(each["who"], CannotSee)] == []
    assert ssh.connections == 200


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_dead_host_costs_its_own_time_and_nobody_elses(
    sshd: Any, registry: Any, silent_port: int, free_port: int
) -> None:
    registry.host("who", "echo me")
    ssh = Ssh(sshd.config, connect_s=3)
    places = ssh.places(
        [
            Target("silent", port=silent_port),
            Target("refused", port=free_port),
            Target("nowhere", address="no-such-host.invalid"),
            Target("good"),
        ]
    )
    sshd.configure("Host no-such-host.invalid", "HostName no-such-host.invalid")
    ssh.connect_s = 3
    asked = time.monotonic()
    silent, refused, nowhere, good = (each["who"] for each in ask(places, registry.questions))
    assert time.monotonic() - asked < 6
    assert isinstance(good, Answer)
    assert contact(places[3]).took_s < 2.5
    assert [reason(each) for each in (silent, refused, nowhere)] == ["timeout", "refused", "dns"]
    assert str(silent) == "no connection within 3 s"
    assert not contact(places[0]).reached
    assert (contact(places[0]).reason, contact(places[0]).detail) == ("timeout", "no connection within 3 s")


def reason(answer: Answer | CannotSee) -> str:
    assert isinstance(answer, CannotSee), answer
    return answer.reason


def test_what_came_before_a_hang_is_kept(sshd: Any, registry: Any) -> None:
    registry.host("first", "echo kept")
    registry.host("hangs", "echo half; sleep 60", timeout_s=60)
    registry.host("after", "echo never")
    (place,) = Ssh(sshd.config, total_s=3).named(["compute1"])
    (told,) = ask([place], registry.questions)
    assert isinstance(told["first"], Answer)
    assert told["first"].text == "kept\n"
    assert reason(told["hangs"]) == reason(told["after"]) == "hung"
    assert str(told["after"]) == "it stopped in the middle: nothing more within 3 s"
    assert (contact(place).reached, contact(place).reason) == (True, "hung")


def test_two_hundred_megabytes_are_cut(sshd: Any, registry: Any) -> None:
    registry.host("huge", "head -c 200000000 /dev/zero | tr '\\0' x", limit=1_000_000)
    registry.host("after", "echo fine")
    (told,) = ask(Ssh(sshd.config).named(["compute1"]), registry.questions)
    huge = told["huge"]
    assert isinstance(huge, Answer)
    assert (len(huge.text), huge.cut) == (1_000_000, True)
    assert isinstance(told["after"], Answer)


def test_a_host_that_heeds_no_limit_is_cut_off(make_sshd: Callable[..., Any], registry: Any) -> None:
    registry.host("a", "true", limit=1_000_000)
    sshd = make_sshd("ForceCommand head -c 200000000 /dev/zero | tr '\\0' x")
    (place,) = Ssh(sshd.config).named(["compute1"])
    began = time.monotonic()
    (told,) = ask([place], registry.questions)
    assert reason(told["a"]) == "cut"
    assert time.monotonic() - began < 5


def test_banners_of_the_login_shell_do_no_harm(make_sshd: Callable[..., Any], registry: Any) -> None:
    registry.host("who", "echo me")
    sshd = make_sshd('ForceCommand echo "Welcome!"; echo >&2 careful; eval "$SSH_ORIGINAL_COMMAND"')
    (told,) = ask(Ssh(sshd.config).named(["compute1"]), registry.questions)
    assert isinstance(told["who"], Answer)


def test_a_login_that_ends_at_once_is_closed(make_sshd: Callable[..., Any], registry: Any) -> None:
    registry.host("who", "echo me")
    sshd = make_sshd("ForceCommand echo This account is currently not available. >&2; exit 1")
    (told,) = ask(Ssh(sshd.config).named(["compute1"]), registry.questions)
    assert reason(told["who"]) == "closed"
    assert "This account is currently not available." in str(told["who"])


def test_a_refusal_of_sudo_says_so(
    make_sshd: Callable[..., Any], registry: Any, program: Callable[[str, str], Path]
) -> None:
    """``id`` and ``sudo`` are imitated there, so that it is the same with and without root."""
    registry.host("who", "echo me")
    programs = program("id", "echo 1000")
    program("sudo", "echo 'sudo: a password is required' >&2; exit 1")
    sshd = make_sshd(path=f"{programs}:/usr/bin:/bin")
    (place,) = Ssh(sshd.config).named(["compute1"])
    (told,) = ask([place], registry.questions)
    assert reason(told["who"]) == "sudo"
    assert str(told["who"]) == f"sudo refused for user {getpass.getuser()}: sudo: a password is required"
    assert (contact(place).reached, contact(place).reason) == (False, "sudo")


def test_sudo_is_used_without_root(
    make_sshd: Callable[..., Any], registry: Any, program: Callable[[str, str], Path]
) -> None:
    """``id`` and ``sudo`` are imitated there: what sudo is given is what it must be given."""
    registry.host("who", "echo $BY_SUDO")
    programs = program("id", "echo 1000")
    program("sudo", 'test "$*" = "-n sh -s" && BY_SUDO=yes exec sh -s')
    sshd = make_sshd(path=f"{programs}:/usr/bin:/bin")
    (told,) = ask(Ssh(sshd.config).named(["compute1"]), registry.questions)
    assert isinstance(told["who"], Answer)
    assert told["who"].text == "yes\n"


def test_a_key_that_nobody_accepts(sshd: Any, registry: Any, tmp_path: Path) -> None:
    registry.host("who", "echo me")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)
    (told,) = ask(Ssh(sshd.config).places([Target("a", key=str(tmp_path / "other"))]), registry.questions)
    assert reason(told["who"]) == "auth"


def test_a_key_file_that_is_none(sshd: Any, registry: Any, tmp_path: Path) -> None:
    registry.host("who", "echo me")
    (tmp_path / "junk").write_text("this is no key")
    (told,) = ask(Ssh(sshd.config).places([Target("a", key=str(tmp_path / "junk"))]), registry.questions)
    assert reason(told["who"]) == "auth"


def test_an_unknown_host_key_is_not_accepted(sshd: Any, registry: Any) -> None:
    registry.host("who", "echo me")
    sshd.known_hosts.unlink()
    (told,) = ask(Ssh(sshd.config).named(["compute1"]), registry.questions)
    assert reason(told["who"]) == "host_key"
    assert "not known here" in str(told["who"])


@pytest.mark.parametrize("rule", ["accept-new", "no"])
def test_an_unknown_host_key_is_accepted_by_the_persons_own_rule(sshd: Any, registry: Any, rule: str) -> None:
    registry.host("who", "echo me")
    sshd.known_hosts.unlink()
    sshd.configure("Host compute*", f"StrictHostKeyChecking {rule}")
    compute, other = ask(Ssh(sshd.config).named(["compute1", "other"]), registry.questions)
    assert isinstance(compute["who"], Answer)
    assert reason(other["who"]) == "host_key"
    assert not sshd.known_hosts.exists()  # it only looks


def test_an_inventory_may_waive_known_keys(sshd: Any, registry: Any) -> None:
    registry.host("who", "echo me")
    sshd.known_hosts.unlink()
    targets = [Target("a", strict=False), Target("b", strict=False, known_hosts="/dev/null"), Target("c")]
    told = ask(Ssh(sshd.config).places(targets), registry.questions)
    assert [type(each["who"]) for each in told] == [Answer, Answer, CannotSee]


@pytest.mark.parametrize("rule", ["yes", "accept-new", "no"])
def test_a_changed_host_key_names_file_and_line(sshd: Any, registry: Any, tmp_path: Path, rule: str) -> None:
    registry.host("who", "echo me")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "old"], check=True)
    sshd.trust(" ".join((tmp_path / "old.pub").read_text().split()[:2]))
    sshd.configure("Host *", f"StrictHostKeyChecking {rule}")
    (told,) = ask(Ssh(sshd.config).named(["compute1"]), registry.questions)
    assert reason(told["who"]) == "host_key"
    assert f"has changed: {sshd.known_hosts} line 2 knows another one" in str(told["who"])


def test_a_jump_host_is_logged_into_once(sshd: Any, registry: Any) -> None:
    registry.host("who", "echo $SSH_CONNECTION")
    sshd.configure("Host compute*", "ProxyJump bastion")
    ssh = Ssh(sshd.config)

    told = ask(ssh.named(["compute1", "compute2"]), registry.questions)
    assert [type(each["who"]) for each in told] == [Answer, Answer]
    assert ssh.connections == 3


def test_a_jump_host_that_is_down_is_named(sshd: Any, registry: Any, free_port: int) -> None:
    registry.host("who", "echo me")
    sshd.configure("Host bastion", f"Port {free_port}")
    (told,) = ask(Ssh(sshd.config).places([Target("a", jump="bastion")]), registry.questions)
    assert reason(told["who"]) == "refused"
    assert str(told["who"]) == "jump host bastion: the connection was refused: nothing listens there"


def test_a_proxy_command(sshd: Any, registry: Any, program: Callable[[str, str], Path]) -> None:
    registry.host("who", "echo me")
    directory = program(
        "pipe",
        f"""exec python3 -c '
import socket, sys, threading, os
s = socket.create_connection(("127.0.0.1", {sshd.port}))
def up():
    while (d := os.read(0, 65536)): s.sendall(d)
threading.Thread(target=up, daemon=True).start()
while (d := s.recv(65536)): os.write(1, d)
'""",
    )
    (told,) = ask(
        Ssh(sshd.config).places([Target("a", proxy_command=f"{directory}/pipe %h %p")]), registry.questions
    )
    assert isinstance(told["who"], Answer)


def test_a_configuration_that_ssh_would_refuse(sshd: Any, registry: Any) -> None:
    registry.host("who", "echo me")
    sshd.configure("Host *", "Port seven")
    (told,) = ask(Ssh(sshd.config).named(["compute1"]), registry.questions)
    assert reason(told["who"]) == "auth"
    assert "the ssh configuration or key for it cannot be used" in str(told["who"])
