"""Who asks a store: credentials and the authority, from a file that only its owner reads, or the environment.

They are never options: the words of a command are there for everybody on the machine to read.
"""

from __future__ import annotations

import base64
import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from mitate.model.errors import CannotStart

NAMES = ("user", "password", "token", "tenant", "ca")
VARIABLE = "MITATE_STORE_"
MOST = 65_536
_SCHEMES = {"elasticsearch": "ApiKey"}
"""Of a token: Elasticsearch's own word (REST API, "Token-based authentication services"), else Bearer."""


class Access(msgspec.Struct, frozen=True):
    """tenant: of Loki (``X-Scope-OrgID``). ca: a file with the authorities that sign certificates."""

    user: str = ""
    password: str = ""
    token: str = ""
    tenant: str = ""
    ca: str = ""

    def headers(self, kind: str) -> dict[str, str]:
        found = {}
        if self.token:
            found["Authorization"] = f"{_SCHEMES.get(kind, 'Bearer')} {self.token}"
        elif self.user:
            pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            found["Authorization"] = f"Basic {pair}"
        if self.tenant and kind == "loki":
            found["X-Scope-OrgID"] = self.tenant
        return found

    def __repr__(self) -> str:
        return f"Access(user={self.user!r})"


def access_of(file: Path | None, environ: Mapping[str, str] = os.environ) -> Access:
    """From the file if one is named (TOML: user, password, token, tenant, ca), else from MITATE_STORE_USER
    and the like. Raises CannotStart for a file that others may read, or that is not understood.
    """
    told = _read(file) if file else {name: environ.get(VARIABLE + name.upper(), "") for name in NAMES}
    for name, value in told.items():
        if not value.isprintable() or (name in ("token", "tenant") and not value.isascii()):
            raise CannotStart(f"the {name} for the store has characters that cannot be sent")
    access = Access(**told)
    if access.ca and not Path(access.ca).is_file():
        raise CannotStart(f"the ca for the store is {access.ca}: there is no such file")
    return access


def _read(file: Path) -> dict[str, str]:
    try:
        with file.open("rb") as stream:
            if stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & 0o077:
                raise CannotStart(f"{file} may be read by others: chmod 600 {file}")
            told = tomllib.loads(stream.read(MOST).decode())
    except OSError as error:
        raise CannotStart(f"{file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        raise CannotStart(f'{file} is no TOML: write lines like user = "mitate"') from None
    for name, value in told.items():
        if name not in NAMES or not isinstance(value, str):
            raise CannotStart(
                f"{file}: {name[:40]} is not understood; it may have {', '.join(NAMES)}, as texts"
            )
    return told
