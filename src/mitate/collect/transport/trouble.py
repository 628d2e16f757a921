"""Errors of the network as one of the closed list of reasons (``model/reasons.py``) and one clear clause."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator

from mitate.collect.transport.redact import redact
from mitate.model.errors import CannotSee

UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL)
CLOSED = (errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED)


def network_trouble(error: BaseException) -> CannotSee:
    """What went wrong, also when libraries have wrapped it several times over."""
    for inner in _layers(error):
        if isinstance(inner, socket.gaierror):
            return CannotSee(f"the name does not resolve ({inner.strerror})", "dns")
        if isinstance(inner, ssl.SSLError):
            return CannotSee(f"the TLS handshake failed ({_reason(inner)})", "tls")
        if isinstance(inner, TimeoutError):
            return CannotSee("no answer in time", "timeout")
        if isinstance(inner, ConnectionRefusedError):
            return CannotSee("the connection was refused: nothing listens there", "refused")
        if isinstance(inner, OSError) and inner.errno in UNREACHABLE:
            return CannotSee(f"there is no way to it ({inner.strerror})", "unreachable")
        if isinstance(inner, OSError) and inner.errno in CLOSED:
            return CannotSee("the connection was closed without an answer", "closed")
    return CannotSee(f"the connection failed ({type(error).__name__})", "closed")


def _reason(error: ssl.SSLError) -> str:
    said = getattr(error, "verify_message", "") or error.reason or str(error)
    return "it does not speak TLS" if "WRONG_VERSION" in said or "HTTP_REQUEST" in said else str(said)


def _layers(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps, innermost reasons too (requests and urllib3 hide them in ``args``)."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < 50:
        here = waiting.pop(0)
        if not isinstance(here, BaseException) or id(here) in seen:
            continue
        seen.add(id(here))
        yield here
        waiting += [here.__cause__, getattr(here, "reason", None), *here.args, here.__context__]


def clause(text: str) -> str:
    """The last line of what a program complained, fit to be shown: printable, short, redacted."""
    lines = [
        line.strip() for line in re.sub(r"[^\n\x20-\x7e\xa0-\uffff]", " ", text).splitlines() if line.strip()
    ]
    return redact(lines[-1][:300]) if lines else ""
