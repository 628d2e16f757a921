"""Ways to send a diagnosis: ``notify/SCHEME.py`` is found by the scheme of the address, ``slack://…``.

An address often is a secret in itself (whoever knows a webhook may post to it): it is never printed, and
can stay out of the command line as ``file:PATH`` or ``env:NAME``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from mitate.model.diagnosis import Diagnosis
from mitate.model.errors import CannotStart, MitateError
from mitate.report import Options


class NotDelivered(MitateError):
    """The diagnosis stands, but the message about it did not arrive; says why, without the address."""


class Channel(msgspec.Struct, frozen=True):
    """Where to send, found and understood, before anything was looked at. name: its scheme."""

    name: str
    send: Callable[[Diagnosis, Options], None]
    """Raises NotDelivered."""


def schemes() -> tuple[str, ...]:
    """The schemes that can be sent to, sorted; none is imported for it."""
    return tuple(sorted(info.name for info in pkgutil.iter_modules(__path__)))


def channel(address: str, environ: Mapping[str, str]) -> Channel:
    """The channel of ``SCHEME://…``, ``file:PATH`` or ``env:NAME``. Raises CannotStart; never tells it."""
    address = _fetched(address, environ)
    scheme = _scheme(address)
    if scheme not in schemes():
        known = ", ".join(f"{name}://" for name in schemes())
        said = f"does not know {scheme}://" if scheme else "needs an address with a scheme"
        raise CannotStart(f"--notify {said}; it sends to {known} (also read from file:PATH or env:NAME)")
    open_channel: Callable[[str], Callable[[Diagnosis, Options], None]]
    open_channel = importlib.import_module(f"{__name__}.{scheme}").open_channel
    return Channel(scheme, open_channel(address))


def _fetched(address: str, environ: Mapping[str, str]) -> str:
    kind, _, name = address.partition(":")
    if kind == "env":
        if not environ.get(name):
            raise CannotStart(f"--notify env:{name}: there is no such environment variable, or it is empty")
        return environ[name].strip()
    if kind == "file":
        try:
            return Path(name).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as error:
            raise CannotStart(f"--notify file:{name}: {_reason(error)}") from None
    return address


def _reason(error: OSError | UnicodeError) -> str:
    return (error.strerror or "cannot be read") if isinstance(error, OSError) else "is no text"


def _scheme(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    # what Slack shows for copying is an https address
    if parts.scheme == "https" and (parts.hostname or "").startswith("hooks.slack"):
        return "slack"
    return parts.scheme
