"""Running programs for the lab: with a time limit, without inherited file descriptors, and never orphaned.

Every program starts in a session of its own, so that the time limit ends it together with what it started
(killing `nsenter` alone would leave its child running inside the host).
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mitate.lab.errors import LabError

_TAIL = 12
_JOIN = 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"'


def in_cgroup(cgroup: Path | None, argv: Sequence[str]) -> list[str]:
    """The command that runs `argv` inside a cgroup: it moves itself there before it becomes `argv`."""
    return list(argv) if cgroup is None else ["sh", "-c", _JOIN, "join", str(cgroup), *argv]


def tail(text: str, lines: int = _TAIL) -> str:
    """The last lines of a text, for an error message."""
    return "\n".join(text.strip().splitlines()[-lines:])


def run(
    argv: Sequence[str],
    *,
    check: bool = True,
    timeout: float | None = 60,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    what: str = "",
) -> str:
    """Run a program and return its standard output.

    `timeout` in seconds. With `check`, a status other than 0 raises `LabError` with the tail of standard
    error; a time limit passed, or a program that cannot be started, raises `LabError` in any case.
    """
    named = what or " ".join(argv[:3])
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            start_new_session=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise LabError(f"{named} cannot be started: {error.strerror or error}.") from error
    try:
        out, err = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        kill_group(process)
        out, err = process.communicate()
        raise LabError(f"{named} did not end within {timeout:g} s.\n{tail(err or out)}".rstrip()) from None
    except BaseException:
        kill_group(process)
        raise
    if check and process.returncode != 0:
        raise LabError(f"{named} failed with status {process.returncode}.\n{tail(err or out)}".rstrip())
    return out


def follow(
    argv: Sequence[str],
    *,
    on_line: Callable[[str], None],
    timeout: float,
    what: str,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a program and hand each line of its output (standard error included) to `on_line` as it comes.

    The output is also written to `log`. A bad status, or more than `timeout` seconds, raises `LabError`
    with the last lines of the output.
    """
    last: deque[str] = deque(maxlen=_TAIL)
    with (log or Path(os.devnull)).open("w", encoding="utf-8") as written:
        try:
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise LabError(f"{what}: {argv[0]} cannot be started: {error.strerror or error}.") from error
        late = threading.Event()

        def stop() -> None:
            late.set()
            kill_group(process)

        watchdog = threading.Timer(timeout, stop)
        watchdog.start()
        try:
            assert process.stdout is not None
            with process.stdout as lines:
                for line in lines:
                    written.write(line)
                    last.append(line.rstrip("\n"))
                    on_line(last[-1])
            status = process.wait()
        except BaseException:
            kill_group(process)
            raise
        finally:
            watchdog.cancel()
    evidence = "\n".join(last)
    if late.is_set():
        raise LabError(f"{what} did not end within {timeout:g} s.\n{evidence}".rstrip())
    if status != 0:
        where = f" (all of it: {log})" if log else ""
        raise LabError(f"{what} failed with status {status}{where}.\n{evidence}".rstrip())


def kill_group(process: subprocess.Popen[str]) -> None:
    """End a program that `run` or `follow` started, and everything in its session's process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
