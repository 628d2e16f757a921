"""One host during a probe: armed, told what to send, heard to the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import TypeVar

from mitate.collect.probe.heard import Armed, Blind, Bye, Cannot, Clock, Cut, Dropped, Said, Seen, Sent
from mitate.collect.probe.plan import CONNECT_S, SPACING_S, Plan
from mitate.collect.transport.errand import Errand, errand
from mitate.collect.transport.local import LocalPlace
from mitate.collect.transport.ssh import SshPlace
from mitate.model.errors import CannotSee
from mitate.model.trace import Drop, Sighting

CLOCKS = 3
"""How often a host is asked for its time: the quickest answer tells most."""
S = TypeVar("S", bound=Said)


class End:
    """``troubles`` are sentences about what could not be done or seen there; nothing is raised."""

    def __init__(self, plan: Plan, host: str, place: SshPlace | LocalPlace | None) -> None:
        self.host = host
        self._plan, self._place = plan, place
        self._errand: Errand | None = None
        self._listening: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._heard: list[Said] = []
        self._troubles: list[str] = []
        self._ahead = 0.0
        """Seconds by which its clock is before ours."""

    async def arm(self, stack: AsyncExitStack) -> None:
        """Start the program there and wait until it listens. The stack ends it."""
        try:
            if self._place is None:
                raise CannotSee("nobody knows a way to it", "absent")
            async with asyncio.timeout(CONNECT_S):
                running = await stack.enter_async_context(errand(self._place, self._plan))
                self._listening = asyncio.create_task(self._listen(running))
                stack.callback(self._listening.cancel)
                await self._until(lambda: bool(self._all(Armed)))
                if not self._all(Armed):
                    raise await running.complaint()
                self._errand = running
                await self._set_clock(running)
        except TimeoutError:
            self._troubles.append(
                f"nothing could be seen on {self.host}: it was not ready in {CONNECT_S:g} s"
            )
        except CannotSee as why:
            self._troubles.append(f"nothing could be seen on {self.host}: {why}")

    async def begin(self) -> None:
        """All are armed: from here on the seconds of the plan count."""
        with suppress(CannotSee):
            if self._errand:
                await self._errand.begin()

    async def fire(self, shot: int, number: int) -> bool:
        """Have one packet sent; False when it was not."""
        if self._errand is None or any(said.shot == shot for said in self._all(Cannot)):
            return False
        before = len(self._all(Sent))
        with suppress(CannotSee, TimeoutError):
            await self._errand.fire(shot, number)
            async with asyncio.timeout(5 * SPACING_S):
                await self._until(lambda: len(self._all(Sent)) > before)
        told = self._all(Sent)[before:]
        return bool(told) and not told[-1].error

    async def finish(self) -> None:
        """Tell it to end, and hear what it still has to say."""
        if self._errand is None or self._listening is None:
            return
        with suppress(CannotSee, TimeoutError):
            async with asyncio.timeout(5):
                await self._errand.stop()
                await self._until(lambda: bool(self._all(Bye)))
        if not self._all(Bye):
            self._troubles.append(f"{self.host} was lost on the way: what it saw at the end is missing")

    def sightings(self) -> list[tuple[int, Sighting]]:
        """Each with its time in nanoseconds, by our clock."""
        return [(self._ours(said), said.sighting(self.host, self._ahead)) for said in self._all(Seen)]

    def drops(self) -> list[tuple[int, Drop]]:
        return [(self._ours(said), said.drop(self.host, self._ahead)) for said in self._all(Dropped)]

    def _ours(self, said: Seen | Dropped) -> int:
        return said.at - int(self._ahead * 1e9)

    def troubles(self) -> list[str]:
        told = [
            f"{self.host} {b.namespace or 'itself'} was not listened to: {b.why}" for b in self._all(Blind)
        ]
        told += [f"could not be sent from {self.host}: {said.why}" for said in self._all(Cannot)]
        told += [f"{self.host} did not send it: {said.error}" for said in self._all(Sent) if said.error]
        told += [f"{self.host} names no drops: {said.drops}" for said in self._all(Armed) if said.drops]
        told += [f"{self.host} saw more than is told here" for _ in self._all(Cut)]
        return list(dict.fromkeys(self._troubles + told))

    async def _listen(self, running: Errand) -> None:
        try:
            async for said in running.said():
                self._heard.append(said)
                self._news.set()
        except CannotSee as why:
            self._troubles.append(f"{self.host}: {why}")

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Wait for it, or for the end of what is said."""
        assert self._listening
        while not holds() and not self._listening.done():
            self._news.clear()
            news = asyncio.create_task(self._news.wait())
            await asyncio.wait({news, self._listening}, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()

    async def _set_clock(self, running: Errand) -> None:
        best = float("inf")
        for asked in range(CLOCKS):
            began = time.time()
            await running.clock()
            await self._until(lambda asked=asked: len(self._all(Clock)) > asked)  # type: ignore[misc]
            told, ended = self._all(Clock)[asked:], time.time()
            if told and ended - began < best:
                best = ended - began
                off = told[0].at - (began + ended) / 2
                # what is less than the time the answer took was not measured
                self._ahead = off if abs(off) > best else 0.0

    def _all(self, kind: type[S]) -> list[S]:
        return [said for said in self._heard if isinstance(said, kind)]
