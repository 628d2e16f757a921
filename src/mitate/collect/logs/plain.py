"""What services write themselves: the line without what a journal or a container engine puts around it.

The forms are oslo.log's (``logging_context_format_string``, its default and exception prefixes, with and
without time, process and global request id, since 2013; DevStack's), Python's own, uwsgi, web servers,
Open vSwitch, libvirt, RabbitMQ, MariaDB.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mitate.collect.logs.line import Line
from mitate.collect.logs.times import seconds

LEVELS = "DEBUG|INFO|NOTICE|AUDIT|WARNING|WARN|ERROR|CRITICAL|FATAL|TRACE"
_AT = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[ ]?[+-]\d\d:?\d\d)?"
_UUID = r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}"

_OSLO = re.compile(
    rf"(?:({_AT}) )?(?:(\d{{1,10}}) )?({LEVELS}) ([A-Za-z_][\w.:()<>-]*)(?: (.*)|:? ?)$", re.DOTALL
)
_CONTEXT = re.compile(r"\[(-|(?:None |- )?req-[^\]]*|None(?: [^\]]*)?)\] ?")
_RESOURCE = re.compile(rf"\[(?:[a-z]+): ?({_UUID})\] ?")
_DEBUG = re.compile(r" \{\{\(pid=(\d+)\) .*\}\}$")
_PYTHON = re.compile(rf"({_AT}) ?[-|:]? ?\[?({LEVELS})\]?:? (?:[-|:] )?(.*)", re.DOTALL)
_NAMED = re.compile(rf"({_AT}) [-|] ([\w.-]+) [-|] ({LEVELS}) [-|] (.*)", re.DOTALL)
_OVS = re.compile(rf"({_AT})\|(\d+)\|([\w()-]+)\|(EMER|ERR|WARN|INFO|DBG|EMERG)\|(.*)", re.DOTALL)
_LIBVIRT = re.compile(rf"({_AT}): (\d+): (debug|info|warning|error) : (?:(\w+):\d+ : )?(.*)", re.DOTALL)
_RABBIT = re.compile(rf"({_AT}) \[(\w+)\] (<[\d.]+>|\S+) (.*)", re.DOTALL)
_OLD_RABBIT = re.compile(r"=(INFO|WARNING|ERROR|CRASH) REPORT==== (\S+) ===")
_MARIADB = re.compile(
    rf"({_AT}|\d{{6}} +\d{{1,2}}:\d\d:\d\d) +(?:\d+ |0x[0-9a-f]+ )?\[(Note|Warning|ERROR|System)\] (.*)",
    re.DOTALL,
)
_UWSGI = re.compile(
    r"\[pid: (\d+)\|app: [^\]]*\] (.*?\[([A-Z][a-z]{2} [A-Z][a-z]{2} [^\]]*)\] .*)", re.DOTALL
)
_UWSGI_TOOK = re.compile(r" => generated \d+ bytes in (\d{1,12}) (m|micro)secs ")
_UWSGI_SAYS = re.compile(r"([A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d \d{4}) - (.*)", re.DOTALL)
_ACCESS = re.compile(r"(?:[\w.:*-]+ )?[0-9a-fA-F.:]+ \S+ \S+ \[(\d\d/[A-Z][a-z]{2}/[^\]]*)\] (.*)", re.DOTALL)
_APACHE = re.compile(
    r"\[([A-Z][a-z]{2} [A-Z][a-z]{2} \d\d [\d:.]+ \d{4})\] (?:\[(?:(\w*):)?(\w+)\] )?"
    r"(?:\[pid (\d+)[^\]]*\] )?(?:\[(?:client|remote) [^\]]*\] )?(.*)",
    re.DOTALL,
)
_ANY = re.compile(rf"\[?({_AT})\]?[ |:-]*(.*)", re.DOTALL)

_MEANS = {
    "WARN": "WARNING",
    "FATAL": "CRITICAL",
    "EMER": "CRITICAL",
    "EMERG": "CRITICAL",
    "ERR": "ERROR",
    "DBG": "DEBUG",
    "CRASH": "ERROR",
    "NOTE": "INFO",
    "SYSTEM": "INFO",
    "NOTICE": "INFO",
    "ALERT": "CRITICAL",
    "CRIT": "CRITICAL",
}
_SECOND_LINE = re.compile(
    r"\s|Traceback \(|During handling of|The above exception|\S+(?:Error|Exception|_Remote\.\S+): "
    r"|(?:[a-z_]\w*\.)+[A-Z]\w*(?::|$)"
)


def level_of(word: str) -> str:
    """One of DEBUG, INFO, AUDIT, WARNING, ERROR, CRITICAL, TRACE, as far as the word is known."""
    word = word.upper()
    return _MEANS.get(word, word)


def plain(text: str, year: int = 1970) -> Line:
    """Of one line, whatever it is; one without a prefix that is known is no head.

    >>> line = plain("2026-11-22 15:32:01.453 95 ERROR nova.compute.manager [None req-c7 u1 p1 - - - -] "
    ...     "[instance: 8fd71303-f915-4cbc-bc8f-70ed05ab1dfe] Instance failed to spawn: ValueError")
    >>> line.process, line.level, line.logger, line.request, line.user, line.resource[:8], line.message
    (95, 'ERROR', 'nova.compute.manager', 'req-c7', 'u1', '8fd71303', 'Instance failed to spawn: ValueError')
    >>> line = plain("2026-11-22T15:32:01.453Z|00012|bridge|WARN|could not open network device tap1")
    >>> line.level, line.logger, line.message
    ('WARNING', 'bridge', 'could not open network device tap1')
    >>> plain("    raise ValueError()").head
    False
    """
    start = text[:1]
    if start in " \t}" or not text:
        return Line(text)
    if start.isdigit():
        for form in _DATED:
            if line := form(text, year):
                return line
        return Line(text)
    if start in "[=":
        for form in _BRACKETED:
            if line := form(text, year):
                return line
        return Line(text)
    if start in "DINAWECFT" and (line := _oslo(text, year)):
        return line
    if start in "MTWFS" and (found := _UWSGI_SAYS.match(text)):
        return Line(found[2], seconds(found[1]), head=True)
    return _web(text, year) or Line(text)


def _oslo(text: str, year: int) -> Line | None:
    found = _OSLO.match(text)
    if found is None:
        return None
    at, process, level, logger, rest = found.groups()
    if at is None and "." not in logger and (process is None and not (rest or "").startswith("[")):
        return None  # words that begin like a level: "INFO about nothing"
    line = Line(
        rest or "",
        seconds(at) if at else None,
        process=int(process) if process else None,
        level=level_of(level),
        logger=logger.rstrip(":"),
        head=True,
        bare=True,
    )
    into_context(line)
    return line


def into_context(line: Line) -> None:
    """Take the context and the resource, which stand before the message, out of it."""
    message = line.message
    if message[:1] == "[":
        if found := _CONTEXT.match(message):
            message = message[found.end() :]
            line.bare = False
            _context(line, found[1])
        if found := _RESOURCE.match(message):
            message = message[found.end() :]
            line.resource = found[1]
    if message.endswith("}}") and (found := _DEBUG.search(message)):
        line.process = line.process or int(found[1][:10])
        message = message[: found.start()]
    line.message = message


def _context(line: Line, inside: str) -> None:
    words = inside.split()
    ids = [at for at, word in enumerate(words[:2]) if word.startswith("req-")]
    if not ids:
        return
    line.request = words[ids[-1]]
    if len(ids) == 2:
        line.global_request = words[0]
    who = [word if word not in ("-", "None") else "" for word in words[ids[-1] + 1 :]]
    line.user, line.tenant = (*who, "", "")[:2]


def _named(text: str, year: int) -> Line | None:
    if not (found := _NAMED.match(text)):
        return None
    return Line(found[4], seconds(found[1]), level=level_of(found[3]), logger=found[2], head=True)


def _python(text: str, year: int) -> Line | None:
    if not (found := _PYTHON.match(text)):
        return None
    return Line(found[3], seconds(found[1]), level=level_of(found[2]), head=True)


def _ovs(text: str, year: int) -> Line | None:
    if not (found := _OVS.match(text)):
        return None
    logger = found[3].partition("(")[0]
    return Line(found[5], seconds(found[1]), level=level_of(found[4]), logger=logger, head=True)


def _libvirt(text: str, year: int) -> Line | None:
    if not (found := _LIBVIRT.match(text)):
        return None
    return Line(
        found[5],
        seconds(found[1]),
        process=int(found[2][:10]),
        level=level_of(found[3]),
        logger=found[4] or "libvirt",
        head=True,
    )


def _rabbit(text: str, year: int) -> Line | None:
    if not (found := _RABBIT.match(text)) or level_of(found[2]) not in (*LEVELS.split("|"), ""):
        return None
    return Line(found[4], seconds(found[1]), level=level_of(found[2]), logger="rabbit", head=True)


def _mariadb(text: str, year: int) -> Line | None:
    if not (found := _MARIADB.match(text)):
        return None
    return Line(found[3], seconds(found[1]), level=level_of(found[2]), logger="mysqld", head=True)


def _web(text: str, year: int) -> Line | None:
    if not (found := _ACCESS.match(text)):
        return None
    return Line(found[2], seconds(found[1]), head=True)


def _any(text: str, year: int) -> Line | None:
    if not (found := _ANY.match(text)):
        return None
    return Line(found[2], seconds(found[1]), head=True)


def _old_rabbit(text: str, year: int) -> Line | None:
    if not (found := _OLD_RABBIT.match(text)):
        return None
    return Line("", seconds(found[2]), level=level_of(found[1]), logger="rabbit", head=True)


def _uwsgi(text: str, year: int) -> Line | None:
    if not (found := _UWSGI.match(text)):
        return None
    says, at = found[2].partition("] ")[2], seconds(found[3], year)
    took = _UWSGI_TOOK.search(says)
    if at is not None and took:  # it is written at the end, and dated with the beginning
        at += int(took[1]) / (1e3 if took[2] == "m" else 1e6)
    return Line(says, at, process=int(found[1][:10]), head=True)


def _apache(text: str, year: int) -> Line | None:
    if not (found := _APACHE.match(text)):
        return None
    at, module, level, process, says = found.groups()
    outer = Line(says, seconds(at), level=level_of(level or ""), logger=module or "", head=True)
    outer.process = int(process[:10]) if process else None
    if module == "wsgi" or not module:  # what an application under mod_wsgi wrote to its standard error
        inner = plain(says)
        if inner.head:
            inner.at = inner.at if inner.at is not None else outer.at
            inner.process = inner.process or outer.process
            return inner
        if _SECOND_LINE.match(says):
            return Line(says, at=outer.at, process=outer.process)
    return outer


_Form = Callable[[str, int], Line | None]
_DATED: tuple[_Form, ...] = (_oslo, _ovs, _libvirt, _rabbit, _mariadb, _web, _named, _python, _any)
_BRACKETED: tuple[_Form, ...] = (_uwsgi, _apache, _any, _old_rabbit)
