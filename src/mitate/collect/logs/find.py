"""Which files are logs, of which host and which service: by where they lie and what they are called."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

import msgspec

from mitate.collect.logs.streams import BROKEN, has_records, opened, packed_as
from mitate.model.errors import CannotSee, CannotStart
from mitate.model.recognise import HELPERS, PROJECTS, canonical, service_of_container, service_of_unit
from mitate.model.services import BY_NAME

if TYPE_CHECKING:
    from tarfile import TarFile

MOST_FILES = 100_000
MOST_UNPACKED = 50_000_000_000
_NO_LOG = re.compile(
    r"\.(?:conf|cfg|ini|py|pyc|sh|ya?ml|xml|html?|css|js|png|jpe?g|svg|db|sqlite|pem|crt|key|deb|rpm|md|rst"
    r"|toml|service|timer|socket|so|rng|policy|rules|qcow2|img)$"
    r"|(?:^|/)(?:[wb]tmp|lastlog|faillog|tallylog)(?:[.-][\w.]+)?$|(?:^|/)label\.json$"
)
_NOT_A_HOST = {
    *("var", "log", "logs", "containers", "pods", "stdouts", "kolla", "httpd", "apache2", "libvirt", "qemu"),
    *("openvswitch", "ovn", "ovs", "rabbitmq", "mysql", "mariadb", "haproxy", "journal", "controller-logs"),
    *("service", "services", "screen", "swtpm", "audit", "syslog", "lib", "docker", "volumes", "_data"),
    *PROJECTS,
}
_ROTATED = re.compile(
    r"(?:[.-](?:\d{1,4}|\d{4}-?\d\d-?\d\d(?:[-_T]?[\d:]{4,8})?|gz|xz|zst|bz2|old|txt|log|out|journal|json))+$"
)


class LogFile(msgspec.Struct, frozen=True):
    """name: below what was named, or within the archive. host, service: "" where the path does not tell.

    packed: gz, xz, bz2, zst, journal, or "". size: bytes as it lies there. year: when it was last written to.
    records: it holds entries of named fields, and no lines.
    """

    path: Path
    name: str
    host: str = ""
    service: str = ""
    packed: str = ""
    size: int = 0
    year: int = 1970
    records: bool = False


class Logs(msgspec.Struct, frozen=True):
    """unreadable: (name, why) of what could not even be opened."""

    files: tuple[LogFile, ...]
    unreadable: tuple[tuple[str, str], ...] = ()


@contextmanager
def logs_at(paths: Iterable[Path]) -> Iterator[Logs]:
    """The logs below some paths: directories, files, archives. What was unpacked is gone at the end.

    Raises CannotStart for a path that is not there, and when there is no file at all that may be a log.
    """
    with ExitStack() as holder:
        files: list[LogFile] = []
        unreadable: list[tuple[str, str]] = []
        for path in paths:
            if not path.exists():
                raise CannotStart(f"there is no {path}")
            root = _unpacked(path, holder, unreadable) if path.is_file() else path
            root = root or path
            for file, name in _below(root):
                try:
                    above = str(path.absolute().name) if root is path else ""
                    files.append(_file(file, name, above, given=file == path))
                except CannotSee as error:
                    unreadable.append((name, str(error)))
        if not (files or unreadable):
            raise CannotStart("no log is there")
        yield Logs(tuple(sorted(files, key=lambda each: each.name)), tuple(unreadable))


def _below(root: Path) -> Iterator[tuple[Path, str]]:
    """Regular files, without following links: what is linked lies there itself, or does not belong to it."""
    if root.is_file():
        yield root, root.name
        return
    count = 0
    for directory, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name != "etc")
        for name in sorted(files):
            path = Path(directory) / name
            if path.is_symlink() or not path.is_file() or _NO_LOG.search(name):
                continue
            count += 1
            if count > MOST_FILES:
                raise CannotStart(f"{root} has more than {MOST_FILES:,} files: name a directory below it")
            yield path, str(path.relative_to(root))


def _file(path: Path, name: str, above: str, *, given: bool) -> LogFile:
    """given: the very file was named, so that its own directories may tell more than ``name`` does. above:
    the directory that was named, which is a host where its logs lie as hosts have them.
    """
    packed = packed_as(path)
    where = str(path.absolute()) if given else name
    if name.startswith("var/log/") or above.startswith("sosreport-"):
        where = f"{above}/{name}"
    status = path.stat()
    return LogFile(
        path=path,
        name=name,
        host=host_of(where),
        service=service_of(where),
        packed=packed,
        size=status.st_size,
        year=datetime.fromtimestamp(max(0, min(status.st_mtime, 4e9)), UTC).year,
        records=has_records(path, packed),
    )


def host_of(name: str) -> str:
    """The host that a path names.

    >>> host_of("logs/compute1/var/log/nova/nova-compute.log"), host_of("compute2/nova-compute.log.1")
    ('compute1', 'compute2')
    >>> host_of("nova/nova-api.log"), host_of("x/sosreport-web1-2026-11-22-abc/var/log/messages")
    ('', 'web1')
    """
    parts = PurePosixPath(name).parts[:-1]
    for part in parts:
        if found := re.match(r"sosreport-([\w.-]+?)-(?:\d{5,}-)?\d{4}-\d\d-\d\d", part):
            return found[1]
    for at in range(len(parts) - 1):
        if parts[at : at + 2] == ("var", "log"):
            return parts[at - 1] if at and _may_be_host(parts[at - 1]) else ""
    if PurePosixPath(name).is_absolute():
        return ""
    after = [at for at, part in enumerate(parts) if part == "logs"]
    start = after[-1] + 1 if after else 0
    return next((part for part in parts[start : start + 1] if _may_be_host(part)), "")


def _may_be_host(part: str) -> bool:
    low = part.lower()
    return low not in _NOT_A_HOST and not canonical(low) and re.fullmatch(r"[\w.-]+", part) is not None


def service_of(name: str) -> str:
    """The service whose log lies there, "" when the path does not tell.

    >>> service_of("c1/var/log/nova/nova-compute.log.2.gz"), service_of("kolla/glance/glance-api.log")
    ('nova-compute', 'glance-api')
    >>> service_of("var/log/neutron/server.log"), service_of("screen-n-cpu.txt"), service_of("syslog")
    ('neutron-server', 'nova-compute', '')
    """
    directory, _, file = name.rpartition("/")
    parent = directory.rpartition("/")[2].lower()
    stem = _ROTATED.sub("", file)
    if stem.startswith("privsep"):
        return ""
    for each in (stem, stem.removeprefix("screen-"), stem.removeprefix("devstack@")):
        each = re.sub(r"[._-](?:access|error|uwsgi|wsgi|stdout|stderr|log)(?:[._-]log)?$", "", each)  # noqa: PLW2901
        found = _known(service_of_unit(each)) or _known(canonical(each)) or service_of_container(each)
        if _known(found):
            return found
    if parent in PROJECTS:
        return _known(canonical(f"{parent}-{stem}")) or (parent if parent in BY_NAME else "")
    return _known(canonical(parent)) or _known(canonical(stem))


def _known(service: str) -> str:
    """Only what may be a service: a name known by itself, or that of a program of a project."""
    return service if service in BY_NAME or service in HELPERS or "-" in service else ""


# -- archives -----------------------------------------------------------------------------------------------


def _unpacked(path: Path, holder: ExitStack, unreadable: list[tuple[str, str]]) -> Path | None:
    """Where an archive was unpacked to, None for what is none. Only regular files come out of it.

    holder: what it holds is gone when that is closed.
    """
    into: Path | None = None
    try:
        packed = packed_as(path)
        with opened(path, packed) as stream:
            if packed == "journal" or not _is_tar(stream.read(512)):
                return None
        into = _room(holder)
        with opened(path, packed) as stream:
            _extract(path, stream, into)
    except CannotSee as error:
        unreadable.append((path.name, str(error)))
        return None
    except BROKEN:
        if into is None or not any(into.iterdir()):
            return None
        unreadable.append((path.name, "the archive is cut off or damaged: only its beginning was read"))
    return into


def _room(holder: ExitStack) -> Path:
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - slow, as tarfile below, and only archives need it

    return Path(holder.enter_context(TemporaryDirectory(prefix="mitate-logs-", ignore_cleanup_errors=True)))


def _is_tar(block: bytes) -> bool:
    return block[257:262] == b"ustar"


def _extract(path: Path, stream: IO[bytes], into: Path) -> None:
    """Raises one of BROKEN after what is whole."""
    import tarfile  # noqa: PLC0415

    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            _members(path, tar, into)
    except tarfile.TarError as error:
        raise ValueError(str(error)) from None


def _members(path: Path, tar: TarFile, into: Path) -> None:
    left = MOST_UNPACKED
    for number, member in enumerate(tar):
        parts = PurePosixPath(member.name).parts
        if number > MOST_FILES:
            raise CannotStart(f"{path} is refused: it has more than {MOST_FILES:,} members")
        if not member.isreg() or "/" in parts or ".." in parts or _NO_LOG.search(member.name):
            continue
        left -= member.size
        if left < 0:
            raise CannotStart(f"{path} is refused: it unpacks to more than {MOST_UNPACKED // 10**9} GB")
        target = into.joinpath(*parts)
        content = tar.extractfile(member)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                while content and (piece := content.read(1 << 20)):
                    file.write(piece)
            os.utime(target, (member.mtime, member.mtime))
        except (FileExistsError, NotADirectoryError, IsADirectoryError, OverflowError):
            continue  # an archive at odds with itself
