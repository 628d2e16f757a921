"""The probe by ssh, against a real sshd on the loopback; and that a lost connection ends it."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mitate.collect.probe.heard import Armed, Bye
from mitate.collect.probe.plan import How, Plan, Shot
from mitate.collect.probe.run import run_probe
from mitate.collect.transport.errand import errand
from mitate.collect.transport.ssh import Ssh
from mitate.model.errors import CannotSee
from mitate.model.trace import Live

SPACE = f"prb-ssh-{os.getpid()}"
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="making network namespaces needs root")


@pytest.fixture
def space() -> Iterator[str]:
    """A network namespace that pings itself."""
    subprocess.run(("ip", "netns", "del", SPACE), capture_output=True, check=False)
    made = subprocess.run(("ip", "netns", "add", SPACE), capture_output=True, check=False)
    if made.returncode:
        pytest.skip("a network namespace cannot be made here")
    for words in (("link", "set", "lo", "up"), ("addr", "add", "10.99.0.1/32", "dev", "lo")):
        subprocess.run(("ip", "-n", SPACE, *words), check=True)
    yield SPACE
    subprocess.run(("ip", "netns", "del", SPACE), check=True)


def plan(seconds: float = 0.3) -> Plan:
    shot = Shot(host="far", how=How.STACK, namespace=SPACE, proto="icmp", src="10.99.0.1", dst="10.99.0.1")
    return Plan(watch={"far": ("", SPACE)}, shots=(shot,), seconds=seconds)


def probe(config: Path, **more: Any) -> Live:
    return asyncio.run(run_probe(plan(**more), Ssh(config=config).named(["far"])))


def listening(space: str) -> list[str]:
    """The sockets of the probe there."""
    found = subprocess.run(
        ("ip", "netns", "exec", space, "cat", "/proc/net/packet"), capture_output=True, check=True
    )
    return found.stdout.decode().splitlines()[1:]


def test_it_is_sent_and_heard_by_ssh(sshd: Any, space: str) -> None:
    told = probe(sshd.config)
    assert told.answered is True
    assert told.says == ()
    assert {s.kind for s in told.sightings} == {"request", "reply"}
    assert {s.at.host for s in told.sightings} == {"far"}
    assert listening(space) == []


def test_a_lost_connection_ends_it(sshd: Any, space: str) -> None:
    async def cut() -> None:
        (place,) = Ssh(config=sshd.config).named(["far"])
        with pytest.raises(ZeroDivisionError):
            async with errand(place, plan(30)) as there:
                async for said in there.said():
                    assert isinstance(said, Armed)
                    break
                assert len(listening(space)) == 1
                raise ZeroDivisionError  # whatever happens here
        for _ in range(40):
            if not listening(space):
                return
            await asyncio.sleep(0.05)
        raise AssertionError("it lives on")

    asyncio.run(cut())


def test_a_host_without_python_is_said(make_sshd: Any, space: str, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "id", "sudo"):
        (tools / name).symlink_to(f"/bin/{name}")
    server = make_sshd(path=str(tools))
    told = probe(server.config)
    assert told.answered is None
    assert told.says == ("nothing could be seen on far: there is no python3, which the probe needs",)


def test_a_host_that_cannot_be_reached_is_said(sshd: Any, space: str) -> None:
    sshd.configure("Host far", "Port 1")
    assert "nothing could be seen on far: " in probe(sshd.config).says[0]


@pytest.mark.parametrize(
    "noise", ["echo hello", "yes '{' | head -c 9000", 'echo \'{"is": "seen"}\'', "exit 3"]
)
def test_a_host_that_says_something_else_is_not_believed(
    make_sshd: Any, space: str, program: Any, noise: str
) -> None:
    """A fake python3 stands there, as a hostile host may have."""
    folder = program("python3", f"#!/bin/sh\n{noise}\n")
    server = make_sshd(path=f"{folder}:/usr/bin:/bin")

    async def ask() -> None:
        (place,) = Ssh(config=server.config).named(["far"])
        async with errand(place, plan()) as there:
            heard = [said async for said in there.said()]
            assert not [said for said in heard if isinstance(said, Bye)]
            raise await there.complaint()

    with pytest.raises(CannotSee):
        asyncio.run(ask())
    assert probe(server.config).says
