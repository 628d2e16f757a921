"""This machine, asked by the same script as every other host (``--host localhost``)."""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from mitate.collect.question import Answer, Question
from mitate.collect.transport.listen import CHUNK, Listener, permitted
from mitate.collect.transport.script import script_for
from mitate.collect.transport.threads import in_thread
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
        listener = Listener(self.name, script_for(asked))
        why = await in_thread(partial(_converse, listener, self._total_s))
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


def _converse(listener: Listener, total_s: float) -> CannotSee:
    """Let a shell read the script, and listen until it is done; why it may not have been.

    The script and what is complained go through files without a name, so that nobody waits for anybody.
    """
    command = ("sh", "-s") if os.geteuid() == 0 else ("sudo", "-n", "sh", "-s")
    ends = time.monotonic() + total_s
    try:
        with tempfile.TemporaryFile() as script, tempfile.TemporaryFile() as complaint:
            script.write(listener.script.text.encode())
            script.seek(0)
            with subprocess.Popen(
                command, stdin=script, stdout=subprocess.PIPE, stderr=complaint, start_new_session=True
            ) as shell:
                assert shell.stdout
                in_time = _listen(shell.stdout.fileno(), listener, ends)
                shell.kill()  # it is done, or nobody waits any more
            complaint.seek(0)
            said = clause(complaint.read(CHUNK).decode(errors="replace"))
    except OSError as error:
        return CannotSee(f"{command[0]} cannot be run here: {error.strerror}", "absent")
    if not in_time:
        return CannotSee(f"nothing more within {total_s:g} s", "hung")
    if not listener.hostname and command[0] == "sudo":
        return CannotSee(f"sudo refused: {said or 'it said nothing'}", "sudo")
    return CannotSee("the shell ended before it had answered", "closed")


def _listen(output: int, listener: Listener, ends: float) -> bool:
    """Until all is said; False when that takes too long."""
    while not listener.complete and not listener.too_much:
        ready, _, _ = select.select([output], [], [], max(0.0, ends - time.monotonic()))
        if not ready:
            return False
        data = os.read(output, CHUNK)
        if not data:
            break
        listener.hear(data)
    return True
