"""This machine, asked by the same script as every other host (``--host localhost``)."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from mitate.collect.question import Answer, Question
from mitate.collect.transport.listen import CHUNK, Listener, permitted
from mitate.collect.transport.script import script_for
from mitate.collect.transport.trouble import clause
from mitate.model.errors import CannotSee
from mitate.model.host import HostContact
from mitate.model.source import Source


class LocalPlace:
    """name: as the inventory calls this machine; its own name by default."""

    def __init__(self, name: str = "", total_s: float = 30.0) -> None:
        self.name = name or os.uname().nodename
        self.hostname = ""
        self.contact: HostContact | None = None
        self._total_s = total_s

    async def ask(self, questions: Sequence[Question]) -> Mapping[str, Answer | CannotSee]:
        asked = permitted(questions)
        began = time.time()
        script = script_for(asked)
        listener = Listener(self.name, script)
        command = ("sh", "-s") if os.geteuid() == 0 else ("sudo", "-n", "sh", "-s")
        why = CannotSee("the shell ended before it had answered", "closed")
        try:
            async with asyncio.timeout(self._total_s):
                complaint = await _converse(command, script.text, listener)
            if not listener.hostname and command[0] == "sudo":
                why = CannotSee(f"sudo refused: {clause(complaint) or 'it said nothing'}", "sudo")
        except TimeoutError:
            why = CannotSee(f"no answer within {self._total_s:g} s", "hung")
        except OSError as error:
            why = CannotSee(f"{command[0]} cannot be run: {error.strerror}", "absent")
        self.hostname = listener.hostname
        self.contact = HostContact(
            source=Source(self.name, "sh -s", datetime.fromtimestamp(began, UTC)),
            host=self.name,
            reached=bool(listener.hostname),
            reason="" if listener.complete else why.reason,
            detail="" if listener.complete else str(why),
            took_s=round(time.time() - began, 3),
        )
        return listener.answers(why)


async def _converse(command: Sequence[str], text: str, listener: Listener) -> str:
    """Let ``command`` read ``text``, and listen until it is done; what it wrote on standard error."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    complaint = asyncio.create_task(process.stderr.read(CHUNK))
    try:
        process.stdin.write(text.encode())
        process.stdin.close()  # goes on writing: the shell reads as it asks
        while not listener.complete and not listener.too_much and (data := await process.stdout.read(CHUNK)):
            listener.hear(data)
        return (await complaint).decode(errors="replace")
    finally:
        complaint.cancel()
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
