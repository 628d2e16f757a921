"""Hosts by ssh: one connection and one command per host, all at once, each with its own time limit.

The person's own ssh configuration holds (HostName, User, Port, IdentityFile, ProxyJump, ProxyCommand, known
hosts, agent). Passwords are never asked for. One connection to a jump host serves all the hosts behind it.
"""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh

from mitate.collect.question import Answer, HostQuestion, Question
from mitate.collect.transport.host_key import Keeper, known_by_rule, stranger
from mitate.collect.transport.listen import CHUNK, Listener, permitted
from mitate.collect.transport.script import script_for
from mitate.collect.transport.target import Target
from mitate.collect.transport.threads import in_thread, unheard
from mitate.collect.transport.trouble import clause, network_trouble
from mitate.model.errors import CannotSee
from mitate.model.host import HostContact
from mitate.model.source import Source

CONFIGS = (Path("~/.ssh/config"), Path("/etc/ssh/ssh_config"))
AS_ROOT = "exec sh -c 'test \"$(id -u)\" = 0 && exec sh -s; exec sudo -n sh -s'"
"""Quoted so that csh and fish as login shells read it alike. The questions follow on standard input."""
FILES_PER_HOST = 4


class Ssh:
    """What all hosts share: configuration, limits, and the connections to jump hosts.

    config: instead of the person's own configuration files. connect_s: until logged in. total_s: in all.
    """

    def __init__(
        self, config: Path | None = None, connect_s: float = 10.0, total_s: float = 30.0, at_once: int = 200
    ) -> None:
        files = (config,) if config else tuple(path.expanduser() for path in CONFIGS)
        self.config = [str(path) for path in files if os.access(path, os.R_OK)]
        self.connect_s = connect_s
        self.total_s = total_s
        self._gate = asyncio.Semaphore(at_once)
        self._asking = 0
        self.connections = 0
        """How many were made, jump hosts included."""
        self._jumps: dict[str, asyncio.Task[asyncssh.SSHClientConnection]] = {}
        _allow_files(at_once * FILES_PER_HOST + 100)

    def places(self, targets: Sequence[Target]) -> list[SshPlace]:
        return [SshPlace(target, self) for target in targets]

    def named(self, names: Sequence[str]) -> list[SshPlace]:
        """Hosts of which nothing is known but the name: the ssh configuration knows the rest."""
        return self.places([Target(name) for name in names])

    async def connect(self, target: Target, through: Any = None) -> asyncssh.SSHClientConnection:
        """Log in. Raises OSError, asyncssh.Error or CannotSee."""
        keeper = Keeper()
        options = self._options(target, keeper)
        host, port = str(options.host), int(options.port)
        tunnel = through or (await self._jump(str(options.tunnel)) if options.tunnel else None)
        files = _known_hosts(options, target)

        async def once(known_hosts: Any) -> asyncssh.SSHClientConnection:
            direct = tunnel is None and not options.proxy_command
            sock = await _reach(host, port, int(options.family)) if direct else None
            try:
                return await asyncssh.connect(
                    target.address or target.name,
                    options=options,
                    config=self.config,
                    tunnel=tunnel,
                    sock=sock,
                    known_hosts=known_hosts,
                )
            except BaseException:
                if sock:
                    sock.close()
                raise

        try:
            made = await once(files)
        except asyncssh.HostKeyNotVerifiable as error:
            alias = str(options.host_key_alias or host)
            why = stranger(files or [], keeper, alias, port, str(error))
            if (
                why.reason != "host_key"
                or not keeper.key
                or not await known_by_rule(target, self.config, keeper, why)
            ):
                raise why from None
            made = await once(([keeper.key], [], []))
        self.connections += 1
        return made

    @asynccontextmanager
    async def in_use(self) -> AsyncIterator[None]:
        """A turn among the hosts asked at once. The last one out closes the connections to jump hosts."""
        self._asking += 1
        try:
            async with self._gate:
                yield
        finally:
            self._asking -= 1
            if not self._asking:
                await self._close_jumps()

    async def _close_jumps(self) -> None:
        jumps, self._jumps = self._jumps, {}
        for task in jumps.values():
            task.cancel()
            if task.done() and not task.cancelled() and not task.exception():
                await _hang_up(task.result())

    def _options(self, target: Target, keeper: Keeper) -> asyncssh.SSHClientConnectionOptions:
        given: dict[str, Any] = {
            "username": target.user or None,
            "port": target.port,
            "client_keys": [str(Path(target.key).expanduser())] if target.key else None,
            "tunnel": target.jump or None,
            "proxy_command": target.proxy_command or None,
        }
        try:
            return asyncssh.SSHClientConnectionOptions(
                host=target.address or target.name,
                config=self.config,
                client_factory=lambda: keeper,
                preferred_auth=("gssapi-keyex", "gssapi-with-mic", "publickey", "hostbased"),
                password_auth=False,
                kbdint_auth=False,
                agent_forwarding=False,
                login_timeout=self.total_s,
                connect_timeout=None,
                **{name: value for name, value in given.items() if value is not None},
            )
        except (asyncssh.ConfigParseError, asyncssh.KeyImportError, ValueError, OSError) as error:
            raise CannotSee(f"the ssh configuration or key for it cannot be used: {error}", "auth") from None

    async def _jump(self, spec: str) -> asyncssh.SSHClientConnection:
        """The one connection to a jump host, [user@]host[:port]; several with commas, the nearest first."""
        if spec not in self._jumps:
            self._jumps[spec] = asyncio.create_task(self._open_jump(spec))
            self._jumps[spec].add_done_callback(unheard)
        try:
            return await asyncio.shield(self._jumps[spec])
        except (OSError, asyncssh.Error, CannotSee) as error:
            seen = error if isinstance(error, CannotSee) else trouble(error)
            raise CannotSee(f"jump host {spec}: {seen}", seen.reason) from None

    async def _open_jump(self, spec: str) -> asyncssh.SSHClientConnection:
        before, _, last = spec.rpartition(",")
        user, _, address = last.strip().rpartition("@")
        host, colon, port = address.rpartition(":")
        named = Target(
            host if colon else address, user=user, port=int(port) if colon and port.isdigit() else None
        )
        async with asyncio.timeout(self.connect_s):
            return await self.connect(named, await self._jump(before) if before else None)


class SshPlace:
    """One host. ``hostname`` (what it calls itself) and ``contact`` are known after ``ask``."""

    def __init__(self, target: Target, ssh: Ssh) -> None:
        self.target = target
        self.name = target.name
        self.hostname = ""
        self.contact: HostContact | None = None
        self.ssh = ssh

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        asked = permitted(questions)
        async with self.ssh.in_use():
            return await self._ask(asked)

    async def _ask(self, questions: Sequence[HostQuestion]) -> Mapping[str, Answer | CannotSee]:
        began = time.time()
        listener = Listener(self.name, script_for(questions))
        connection: asyncssh.SSHClientConnection | None = None
        why = CannotSee("the connection was closed before it had answered", "closed")
        try:
            async with asyncio.timeout(self.ssh.total_s):
                async with asyncio.timeout(self.ssh.connect_s):
                    connection = await self.ssh.connect(self.target)
                why = await self._converse(connection, listener) or why
        except TimeoutError:
            why = self._late(connection is not None, listener)
        except CannotSee as seen:
            why = seen
        except (OSError, asyncssh.Error) as error:
            why = trouble(error)
        finally:
            if connection:
                await _hang_up(connection)
        self.hostname = listener.hostname
        self.contact = HostContact(
            source=Source(self.name, f"ssh {self.name}", datetime.fromtimestamp(began, UTC)),
            host=self.name,
            reached=bool(listener.hostname),
            reason="" if listener.complete else why.reason,
            detail="" if listener.complete else str(why),
            took_s=round(time.time() - began, 3),
        )
        return listener.answers(why)

    async def _converse(
        self, connection: asyncssh.SSHClientConnection, listener: Listener
    ) -> CannotSee | None:
        """Send the script and listen to the end; why it ended early, where that can be told."""
        process = await connection.create_process(AS_ROOT, encoding=None, term_type=None)
        with suppress(BrokenPipeError, ConnectionResetError):  # gone already: what it said then says why
            process.stdin.write(listener.script.text.encode())
            process.stdin.write_eof()
        complaint = asyncio.create_task(process.stderr.read(CHUNK))
        try:
            while not listener.complete and (data := await process.stdout.read(CHUNK)):
                listener.hear(data)
                if listener.too_much:
                    return CannotSee("it said more than any honest answer can be, and was cut off", "cut")
            if listener.complete or listener.hostname:
                return None
            said = clause((await complaint).decode(errors="replace"))
        finally:
            complaint.cancel()
        if "sudo" in said or "password is required" in said:
            user = connection.get_extra_info("username")
            return CannotSee(f"sudo refused for user {user}: {said}", "sudo")
        return CannotSee(f"the login ended before the first answer: {said or 'it said nothing'}", "closed")

    def _late(self, connected: bool, listener: Listener) -> CannotSee:
        if not connected:
            return CannotSee(f"no connection within {self.ssh.connect_s:g} s", "timeout")
        if listener.hostname:
            return CannotSee(f"it stopped in the middle: nothing more within {self.ssh.total_s:g} s", "hung")
        return CannotSee(f"logged in, but no answer within {self.ssh.total_s:g} s", "hung")


async def _hang_up(connection: asyncssh.SSHClientConnection) -> None:
    connection.abort()
    with suppress(TimeoutError, OSError, asyncssh.Error):
        async with asyncio.timeout(1):
            await connection.wait_closed()


def trouble(error: Exception) -> CannotSee:
    """An error of the connection as one clear clause and its reason."""
    if isinstance(error, asyncssh.PermissionDenied):
        return CannotSee("no key of ours is accepted there (permission denied)", "auth")
    if isinstance(error, asyncssh.ChannelOpenError):
        return CannotSee(f"the jump host cannot reach it: {clause(str(error))}", "unreachable")
    if isinstance(error, asyncssh.Error):
        return CannotSee(f"the connection was closed: {clause(str(error)) or 'without a word'}", "closed")
    return network_trouble(error)


async def _reach(host: str, port: int, family: int) -> socket.socket:
    """A connected socket to the first address that answers. Raises OSError."""
    loop = asyncio.get_running_loop()
    find = partial(socket.getaddrinfo, host, port, family=family, type=socket.SOCK_STREAM)
    last: OSError = OSError(f"{host} has no address")
    for kind, _, protocol, _, address in await in_thread(find):
        sock = socket.socket(kind, socket.SOCK_STREAM, protocol)
        sock.setblocking(False)
        try:
            await loop.sock_connect(sock, address)
        except OSError as error:
            last = error
            sock.close()
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise last


def _known_hosts(options: asyncssh.SSHClientConnectionOptions, target: Target) -> list[str] | None:
    """The files of known keys that are there; None when the person wants no keys checked."""
    configured: Any = options.known_hosts
    if configured is None or (not target.strict and target.known_hosts == os.devnull):
        return None
    named = [target.known_hosts] if target.known_hosts else list(configured)
    named = named or ["~/.ssh/known_hosts", "~/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts"]
    paths = [str(Path(path).expanduser()) for path in named]
    return [path for path in paths if os.access(path, os.R_OK)] or [os.devnull]


def _allow_files(wanted: int) -> None:
    """Many connections need many open files: raise the soft limit as far as that is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
