"""What a journal, syslog, a container engine or a collector puts around a line, taken off.

journald as text (``short``, ``short-iso``, ``short-unix``, ``with-unit``), JSON and export; syslog (RFC 3164
and 5424); Docker's json-file and Kubernetes' CRI; oslo.log's ``use_json`` and the records of Fluentd and
Vector; public data sets that put the name of the file before each line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from mitate.collect.logs.line import Line
from mitate.collect.logs.plain import into_context, level_of, plain
from mitate.collect.logs.times import seconds

_ESCAPES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")
_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
_PRIORITY = re.compile(r"<\d{1,3}>")
_CRI = re.compile(rf"({_ISO}) std(?:out|err) [FP](?: (.*)|$)", re.DOTALL)
_SYSLOG5 = re.compile(rf"1 ({_ISO}) (\S+) (\S+) (\S+) \S+ (?:-|(?:\[.*?\])+) ?\ufeff?(.*)", re.DOTALL)
_SYSLOG = re.compile(
    rf"([A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|{_ISO}|\d{{9,10}}\.\d{{1,6}}) ([\w.:-]+) "
    r"([\w@./()-]+?)(?:\[(\d+)\])?: (.*)",
    re.DOTALL,
)
_NAMED_FILE = re.compile(r"([\w./-]+\.log[\w.:-]*?)[: ]+(?=\d{4}-\d\d-\d\d[ T]\d\d:)")
_JSON = msgspec.json.Decoder(dict[str, Any])
_PRIORITIES = ("CRITICAL", "CRITICAL", "CRITICAL", "ERROR", "WARNING", "INFO", "INFO", "DEBUG")
MOST_LINES = 400


def understood(text: str, year: int = 1970) -> Line:
    """Of one line of a log, without its line break; whatever it is.

    >>> line = understood("Nov 22 15:32:01 c1 nova-compute[95]: ERROR nova.virt [None req-1 - - -] no", 2026)
    >>> line.at, line.host, line.program, line.process, line.level, line.request, line.message
    (1795361521.0, 'c1', 'nova-compute', 95, 'ERROR', 'req-1', 'no')
    >>> understood('{"log":"Traceback (most recent call last):\\\\n","time":"2026-11-22T15:32:01Z"}').head
    False
    """
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPES.sub("", text)
    if "\0" in text:
        text = text.replace("\0", "")
    text = text.rstrip("\r")
    start = text[:1]
    if start == "{" and text.endswith("}"):
        return _json(text, year)
    if start == "<" and (found := _PRIORITY.match(text)):
        text = text[found.end() :]
        start = text[:1]
    if start == "1" and (found := _SYSLOG5.match(text)):
        at, host, program, process, message = found.groups()
        return _within(message, year, at, host, program, process)
    if start.isdigit() and text[10:11] == "T" and (found := _CRI.match(text)):
        return _within(found[2] or "", year, found[1])
    if (start.isdigit() or start in "JFMASOND") and (found := _SYSLOG.match(text)):
        at, host, program, process, message = found.groups()
        return _within(message, year, at, host, program, process)
    line = plain(text, year)
    if not line.head and (found := _NAMED_FILE.match(text)):
        line = plain(text[found.end() :], year)
        line.program = line.program or found[1]
    return line


def _within(
    text: str, year: int, at: str = "", host: str = "", program: str = "", process: str | None = None
) -> Line:
    """The line inside; what it does not tell itself is told by what was around it."""
    line = understood(text, year) if text[:1] in "{" else plain(text, year)
    return filled(line, seconds(at, year) if at else None, host, program, process, headed=bool(program))


def filled(
    line: Line,
    at: float | None,
    host: str,
    program: str,
    process: str | int | None,
    *,
    headed: bool,
    level: str = "",
) -> Line:
    """headed: a line of a journal begins something of its own, unless it looks like the middle of it."""
    if at is not None and (line.at is None or not line.head):
        line.at = at
    line.host = line.host or ("" if host in ("-", "localhost") else host)
    line.program = line.program or ("" if program == "-" else program)
    if line.process is None and process is not None and str(process).isdecimal():
        line.process = int(str(process)[:10])
    if headed and not line.head and not _MIDDLE.match(line.message):
        line.head = True
    line.level = line.level or (level if line.head else "")
    return line


_MIDDLE = re.compile(
    r"\s|$|Traceback \(|During handling of|The above exception|\(Background on"
    r"|[A-Za-z_][\w.]*(?:Error|Exception|Timeout|NotFound|Failed|_Remote[\w.]*)(?::|$)"
    r"|(?:[a-z_]\w*\.)+[A-Z]\w*(?::|$)"
)


# -- records ------------------------------------------------------------------------------------------------


def _json(text: str, year: int) -> Line:
    try:
        return record(_JSON.decode(text), year)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return plain(text, year)


def record(fields: Mapping[str, Any], year: int = 1970) -> Line:
    """Of a record of named fields: journald's, oslo.log's, a container engine's or a collector's."""
    if "log" in fields and "time" in fields:
        return _within(_word(fields, "log").rstrip("\n"), year, _word(fields, "time"))
    if "__REALTIME_TIMESTAMP" in fields or "_SYSTEMD_UNIT" in fields:
        return _journal(fields, year)
    return _collected(fields, year)


def _journal(fields: Mapping[str, Any], year: int) -> Line:
    first, more = _parted(_word(fields, "MESSAGE"))
    line = plain(_ESCAPES.sub("", first), year)
    stamp = _word(fields, "_SOURCE_REALTIME_TIMESTAMP") or _word(fields, "__REALTIME_TIMESTAMP")
    at = int(stamp) / 1e6 if stamp.isdecimal() and len(stamp) < 18 else None
    program = _word(fields, "CONTAINER_NAME", "_SYSTEMD_UNIT", "UNIT", "SYSLOG_IDENTIFIER", "_COMM")
    if program in ("init.scope", "docker.service"):
        program = _word(fields, "SYSLOG_IDENTIFIER")
    priority = _word(fields, "PRIORITY")
    own = bool(_word(fields, "LOGGER_NAME", "LOGGER"))
    level = _PRIORITIES[int(priority)] if priority in "01234567" and priority and own else ""
    line.logger = line.logger or _word(fields, "LOGGER_NAME", "LOGGER")
    line.request = line.request or _word(fields, "REQUEST_ID")
    line.global_request = line.global_request or _word(fields, "GLOBAL_REQUEST_ID")
    line.resource = line.resource or _word(fields, "INSTANCE_UUID", "RESOURCE_UUID")
    more += _parted_lines(_word(fields, "EXCEPTION_TEXT", "TRACEBACK"))
    process = _word(fields, "_PID", "SYSLOG_PID")
    line = filled(line, at, _word(fields, "_HOSTNAME"), program, process, headed=True, level=level)
    line.more = more
    return line


def _collected(fields: Mapping[str, Any], year: int) -> Line:
    context = fields.get("context")
    context = context if isinstance(context, Mapping) else {}
    extra = fields.get("extra")
    extra = extra if isinstance(extra, Mapping) else {}
    first, more = _parted(_word(fields, "Payload", "message", "MESSAGE", "msg", "log", "line"))
    at = _word(fields, "asctime", "@timestamp", "Timestamp", "timestamp", "time", "created")
    level = level_of(_word(fields, "levelname", "log_level", "level", "severity", "severity_label"))
    logger = _word(fields, "name", "python_module", "logger", "logger_name")
    host = _word(fields, "hostname", "Hostname", "host", "_HOSTNAME")
    program = _word(fields, "programname", "container_name", "SYSLOG_IDENTIFIER", "program", "unit")
    process = _word(fields, "process", "Pid", "pid", "process_id")
    if not (level and logger):
        line = plain(first, year)
        line = filled(line, seconds(at, year), host, program, process, headed=True, level=level)
        line.logger = line.logger or logger
    else:
        line = Line(first, seconds(at, year), host, program, level=level, logger=logger, head=True)
        into_context(line)
        line.process = int(process[:10]) if process.isdecimal() else None
    line.bare = False
    line.request = line.request or _word(context, "request_id") or _word(fields, "request_id")
    line.global_request = (
        line.global_request or _word(context, "global_request_id") or _word(fields, "global_request_id")
    )
    line.user = line.user or _word(context, "user_id", "user") or _word(fields, "user_id")
    line.tenant = line.tenant or _word(context, "project_id", "tenant") or _word(fields, "tenant_id")
    line.resource = line.resource or _word(context, "resource_uuid") or _word(extra, "instance_uuid")
    trace = fields.get("traceback")
    if isinstance(trace, list):
        trace = "\n".join(each for each in trace if isinstance(each, str))
    line.more = more + _parted_lines(trace if isinstance(trace, str) else "")
    return line


def _word(fields: Mapping[str, Any], *names: str) -> str:
    """The first of the fields that is there, as text. A journal writes bytes as a list of numbers."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, list) and value and all(isinstance(b, int) and 0 <= b < 256 for b in value):
            return bytes(value).decode(errors="replace")
    return ""


def _parted(text: str) -> tuple[str, tuple[str, ...]]:
    first, _, rest = text.partition("\n")
    return first, _parted_lines(rest)


def _parted_lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n", MOST_LINES)[:MOST_LINES]) if text else ()
