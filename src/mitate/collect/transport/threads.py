"""Blocking calls that may never return: each in a daemon thread, so that none holds up the end of the run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T]) -> T:
    """The result of ``call``. When this is cancelled, the thread goes on, and nobody waits for it."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def tell(value: T | None, error: BaseException | None) -> None:
        if result.done():
            return
        if error is None:
            result.set_result(value)  # type: ignore[arg-type] # without an error there is a value
        else:
            result.set_exception(error)

    def run() -> None:
        try:
            outcome: tuple[T | None, BaseException | None] = (call(), None)
        except BaseException as error:
            outcome = (None, error)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, *outcome)

    threading.Thread(target=run, daemon=True).start()
    return await result


def unheard(task: asyncio.Task[Any]) -> None:
    """For ``add_done_callback``: that a task failed when nobody waited any more is no news."""
    if not task.cancelled():
        task.exception()
