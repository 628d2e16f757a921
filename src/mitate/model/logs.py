"""What services write into their logs: one event at a time, with the code that its traceback names."""

from __future__ import annotations

import msgspec


class Frame(msgspec.Struct, frozen=True):
    """One level of a traceback. file: from the package on (``nova/virt/libvirt/driver.py``), wherever it
    lies."""

    file: str
    function: str
    line: int


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a service wrote: a line, with the lines that belong to it (a traceback, what goes on).

    at: seconds since 1970, UTC; None where the time was not understood. host: "" where nothing tells.
    service: canonical (``model/services.py``), "" where nothing tells. project: whose code it is, by the
    logger or the service. file: the log, or ``journal:UNIT``. position: where in it the event begins, in
    bytes. level: as written, upper case; "" where a line has none. request, global_request: ``req-…``.
    resource: the id that the line itself names between brackets (``[instance: …]``). message: without prefix
    and context, its first line. exception: the last line of the traceback (``ValueError: no such thing``).
    cause: that of the exception which was raised first, where another one followed it. frames: of the
    exception that was raised first, outermost call first. remote: of a traceback that another process sent
    along. lines: what followed the first line, bounded.
    """

    at: float | None
    host: str = ""
    service: str = ""
    project: str = ""
    file: str = ""
    position: int = 0
    level: str = ""
    logger: str = ""
    process: int | None = None
    request: str = ""
    global_request: str = ""
    user: str = ""
    tenant: str = ""
    resource: str = ""
    message: str = ""
    exception: str = ""
    cause: str = ""
    frames: tuple[Frame, ...] = ()
    remote: tuple[Frame, ...] = ()
    lines: tuple[str, ...] = ()
