"""Archives of sosreports, unpacked into a directory that is gone when the program ends."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from mitate.model.errors import CannotStart

MAX_TOTAL = 4_000_000_000
MAX_FILE = 256_000_000
MAX_MEMBERS = 500_000
SKIP = ("var/log/journal", "sys", "var/lib/pcp", "var/log/sa")
"""What no question reads, and can be huge."""
BROKEN = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, ValueError, OverflowError)

_directories: list[tempfile.TemporaryDirectory[str]] = []


def unpacked(path: Path) -> Path:
    """The directory of a report, itself or unpacked. Raises CannotStart."""
    if path.is_dir():
        return _single(path)
    try:
        with path.open("rb") as file:
            return _unpack(path, file)
    except OSError as error:
        raise CannotStart(f"the sosreport {path} cannot be read: {error.strerror or error}") from None


def _unpack(path: Path, file: IO[bytes]) -> Path:
    start = file.read(6)
    file.seek(0)
    if start.startswith(b"\xfd7zXZ"):
        stream: IO[bytes] = lzma.open(file)  # noqa: SIM115 - closed with the file
    elif start.startswith(b"\x1f\x8b"):
        stream = gzip.open(file)  # type: ignore[assignment] # noqa: SIM115
    elif start.startswith(b"BZh"):
        stream = bz2.open(file)  # noqa: SIM115
    else:
        raise CannotStart(f"{path} is no sosreport: neither a directory nor an archive (.tar.xz, .tar.gz)")
    holder = tempfile.TemporaryDirectory(prefix="mitate-sos-")
    _directories.append(holder)
    root = Path(holder.name)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            _extract(path, tar, root)
    except BROKEN as error:
        if not any(root.iterdir()):
            raise CannotStart(
                f"{path} is no sosreport that can be read: {error or 'it is cut off'}"
            ) from None
    return _single(root)


def _extract(path: Path, tar: tarfile.TarFile, root: Path) -> None:
    """Regular files and relative links; all else is left out. Of a truncated one, what is complete."""
    left = MAX_TOTAL
    for number, member in enumerate(tar):
        parts = PurePosixPath(member.name).parts
        if number > MAX_MEMBERS:
            raise CannotStart(f"{path} is refused: it has more than {MAX_MEMBERS} members")
        if not parts or "/" in parts or ".." in parts or "/".join(parts[1:]).startswith(SKIP):
            continue
        target = root.joinpath(*parts)
        try:
            if not target.parent.resolve().is_relative_to(root.resolve()):
                continue
            if member.issym():
                target.parent.mkdir(parents=True, exist_ok=True)
                if not member.linkname.startswith("/") and not target.exists():
                    target.symlink_to(member.linkname)
            elif member.isreg() and not member.issparse() and member.size <= MAX_FILE:
                left -= member.size
                if left < 0:
                    raise CannotStart(f"{path} is refused: it unpacks to more than {MAX_TOTAL // 10**9} GB")
                content = tar.extractfile(member)
                if content and not target.is_symlink():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content.read())
        except (FileExistsError, NotADirectoryError, IsADirectoryError, RuntimeError):
            continue  # an archive at odds with itself


def _single(root: Path) -> Path:
    """The report itself, where there is one directory around it."""
    inner = [path for path in root.iterdir() if path.is_dir() and not path.is_symlink()]
    return inner[0] if len(inner) == 1 and not (root / "sos_commands").exists() else root
