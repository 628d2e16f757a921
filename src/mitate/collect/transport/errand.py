"""The way of the probe to a host. It is apart from the questions: no look takes it, and nothing else can.

What is sent is the fixed program of ``collect/probe`` with a checked plan, and no words but its own. It runs
while this conversation lasts: when the connection goes, its standard input ends, and so does it.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncssh

from mitate.collect.probe.heard import Said, understood
from mitate.collect.probe.plan import Plan
from mitate.collect.probe.program import AS_ROOT, COMMAND, first_line
from mitate.collect.transport.listen import CHUNK
from mitate.collect.transport.local import LocalPlace
from mitate.collect.transport.ssh import SshPlace, trouble
from mitate.collect.transport.trouble import clause
from mitate.model.errors import CannotSee

MOST_BYTES = 4_000_000
"""What one host may say in one run."""
MOST_LINE = 8_000


class Errand:
    """The program on one host, running. Raises CannotSee when it cannot be talked to."""

    def __init__(self, host: str, stdin: Any, stdout: Any, complaint: Callable[[], Awaitable[str]]) -> None:
        self.host = host
        self._stdin, self._stdout, self._complaint = stdin, stdout, complaint
        self._heard = 0
        self._rest = b""

    async def begin(self) -> None:
        await self._tell({"begin": True})

    async def fire(self, shot: int, number: int) -> None:
        await self._tell({"fire": [shot, number]})

    async def clock(self) -> None:
        await self._tell({"clock": True})

    async def stop(self) -> None:
        await self._tell({"stop": True})

    async def _tell(self, told: dict[str, object]) -> None:
        try:
            self._stdin.write(json.dumps(told).encode() + b"\n")
            await self._stdin.drain()
        except (OSError, asyncssh.Error) as error:
            raise CannotSee("the connection was lost", "closed") from error

    async def said(self) -> AsyncIterator[Said]:
        """All that it says, until it ends. Raises CannotSee."""
        while True:
            try:
                data = await self._stdout.read(CHUNK)
            except (OSError, asyncssh.Error) as error:
                raise CannotSee("the connection was lost", "closed") from error
            self._heard += len(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            if self._heard > MOST_BYTES or len(self._rest) > MOST_LINE:
                raise CannotSee("it said more than the probe can, and was cut off", "cut")
            for line in lines:
                try:
                    yield understood(line)
                except ValueError as error:
                    raise CannotSee(f"it said what the probe does not say ({error})", "garbage") from None
            if not data:
                return

    async def complaint(self) -> CannotSee:
        """Why it ended before it was armed."""
        said = await self._complaint()
        if "no python3" in said:
            return CannotSee("there is no python3, which the probe needs", "absent")
        if "sudo" in said or "password is required" in said:
            return CannotSee(f"sudo refused: {said}", "sudo")
        return CannotSee(f"the probe did not start: {said or 'it said nothing'}", "closed")


@asynccontextmanager
async def errand(place: SshPlace | LocalPlace, plan: Plan) -> AsyncIterator[Errand]:
    """Start the program there. Raises CannotSee; ValueError when that is no plan."""
    line = first_line(plan, place.name)
    if isinstance(place, SshPlace):
        async with _by_ssh(place, line) as running:
            yield running
    else:
        async with _here(place, line) as running:
            yield running


@asynccontextmanager
async def _by_ssh(place: SshPlace, line: bytes) -> AsyncIterator[Errand]:
    ssh = place.ssh
    async with ssh.in_use():
        try:
            async with asyncio.timeout(ssh.connect_s):
                connection = await ssh.connect(place.target)
        except TimeoutError:
            raise CannotSee(f"no connection within {ssh.connect_s:g} s", "timeout") from None
        except (OSError, asyncssh.Error) as error:
            raise trouble(error) from None
        try:
            process = await connection.create_process(AS_ROOT, encoding=None, term_type=None)
            with suppress(BrokenPipeError, ConnectionResetError):  # gone already: what it complained says why
                process.stdin.write(line)

            async def complaint() -> str:
                return clause((await process.stderr.read(CHUNK)).decode(errors="replace"))

            yield Errand(place.name, process.stdin, process.stdout, complaint)
        finally:
            connection.abort()


@asynccontextmanager
async def _here(place: LocalPlace, line: bytes) -> AsyncIterator[Errand]:
    command = COMMAND if os.geteuid() == 0 else ("sudo", "-n", *COMMAND)
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
    except OSError as error:
        raise CannotSee(f"{command[0]} cannot be run here: {error.strerror}", "absent") from None
    assert process.stdin
    assert process.stderr
    stderr = process.stderr
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(line)
            await process.stdin.drain()

        async def complaint() -> str:
            return clause((await stderr.read(CHUNK)).decode(errors="replace"))

        yield Errand(place.name, process.stdin, process.stdout, complaint)
    finally:
        process.stdin.close()  # its end: also when it was started by sudo and is not ours to kill
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await process.wait()
        if process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                process.kill()
            await process.wait()
