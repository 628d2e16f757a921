"""Tracebacks as Python prints them, as lists of strings from another process, and one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from mitate.model.logs import Frame
from mitate.model.recognise import PROJECTS

_FRAME = re.compile(r'\s*(?:\| *)?File "([^"\n]{1,400})", line (\d{1,9}), in (\S{1,200})')
_RAISED = re.compile(r"[A-Za-z_][\w.]*(?:\.[A-Z_]\w*)?(?::|$)")
_BEGIN = "Traceback (most recent call last)"
_PACKAGES = re.compile(r".*/(?:site|dist)-packages/")
_STANDARD = re.compile(r".*/lib(?:64)?/(?:python[\d.]+|pypy[\w.-]*)/")
MOST = 80


class Told(msgspec.Struct):
    """frames: of what was raised first, here; cause: its last line. exception: the last line of all.
    remote: frames of a traceback that came from another process.
    """

    frames: list[Frame] = []
    cause: str = ""
    exception: str = ""
    remote: list[Frame] = []


def module_file(path: str) -> str:
    """From the package on, wherever it was installed or checked out.

    >>> module_file("/usr/lib/python3/dist-packages/nova/virt/driver.py")
    'nova/virt/driver.py'
    >>> module_file("/opt/stack/nova/nova/api/openstack/wsgi.py"), module_file("/usr/lib/python3.11/ssl.py")
    ('nova/api/openstack/wsgi.py', 'ssl.py')
    """
    for known in (_PACKAGES, _STANDARD):
        if found := known.match(path):
            return path[found.end() :]
    parts = path.split("/")
    for at, part in enumerate(parts[:-1]):
        if part in PROJECTS:
            return "/".join(parts[at + 1 :] if parts[at + 1] == part else parts[at:])
    return path.lstrip("/")


def told(message: str, lines: Iterable[str]) -> Told:
    """What the first line and those after it tell: a traceback of its own, or another process's as words.

    >>> it = told("failed", ["Traceback (most recent call last):", '  File "/x/nova/a.py", line 3, in f',
    ...     "    g()", "ValueError: no"])
    >>> it.frames, it.exception
    ([Frame(file='nova/a.py', function='f', line=3)], 'ValueError: no')
    """
    said = Told()
    _quoted(message, said)
    inside = after = remote = False
    blocks = 0
    for line in (message, *lines):  # what nobody caught begins with it
        if _BEGIN in line[:80]:
            inside, after = True, False
            blocks += 0 if remote else 1
        elif inside and (found := _FRAME.match(line)):
            frame = Frame(module_file(found[1]), found[3], int(found[2]))
            into = said.remote if remote else said.frames
            if (remote or blocks == 1) and len(into) < MOST:
                into.append(frame)
            after = True
        elif after and line[:1] not in (" ", "\t", "") and _RAISED.match(line):
            after = False
            if not remote:
                said.exception = line
                said.cause = said.cause or line
            # oslo.messaging raises again what a callee raised, with the callee's traceback in its words
            remote = "_Remote" in line or "RemoteError" in line
        if line is not message and "Traceback (most" in line and "\\n" in line:
            _quoted(line, said)
    return said


def _quoted(text: str, said: Told) -> None:
    """A traceback as a list of strings, within one line."""
    if "File " in text and "Traceback" in text and not said.remote:
        found = re.findall(r'File \\?"([^"\n\\]{1,400})\\?", line (\d{1,9}), in (\w{1,200}|<\w+>)', text)
        said.remote = [Frame(module_file(file), name, int(line)) for file, line, name in found[:MOST]]
