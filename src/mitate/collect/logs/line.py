"""One line of a log, understood: what its wrapping and its own prefix tell."""

from __future__ import annotations

import msgspec


class Line(msgspec.Struct):
    """head: it begins something, and does not go on with what came before. bare: its prefix has no context
    at all, as oslo.log writes the lines of a traceback. program: what a journal, syslog or container engine
    calls the writer. more: what follows the first line of a record that came as one (JSON, journal).
    """

    message: str
    at: float | None = None
    host: str = ""
    program: str = ""
    process: int | None = None
    level: str = ""
    logger: str = ""
    request: str = ""
    global_request: str = ""
    user: str = ""
    tenant: str = ""
    resource: str = ""
    head: bool = False
    bare: bool = False
    more: tuple[str, ...] = ()
