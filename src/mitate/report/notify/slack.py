"""The diagnosis as a Slack message, by incoming webhook: ``slack://hooks.slack.com/services/T…/B…/…``.

Limits (Slack's Block Kit reference): 50 blocks, 150 characters in a header, 3,000 in a section; a message of
more than about 13,000 characters in all is refused as msg_blocks_too_long. One message a second: 429 says in
Retry-After when to come again.
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from mitate.model.diagnosis import Cause, Diagnosis, Evidence
from mitate.model.errors import CannotStart
from mitate.report import DEFAULTS, Options
from mitate.report.digest.groups import kin, unseen
from mitate.report.digest.verdict import MARK, cost, headline, tally, verdict
from mitate.report.digest.words import clean, clean_lines, count, listing, place
from mitate.report.notify import NotDelivered

HEADER, SECTION, MESSAGE = 150, 3000, 12_000
CAUSES = 8
TRIES = 4
PATIENCE_S = 60
"""The longest wait that Slack may ask for."""
TIMEOUT_S = 15

Block = dict[str, Any]


def open_channel(address: str) -> Callable[[Diagnosis, Options], None]:
    """What posts to that webhook. Raises CannotStart for an address that cannot be one."""
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        named = False
    if not named or not parts.path.strip("/") or re.search(r"[\s\x00-\x1f]", address):
        raise CannotStart(
            "--notify slack: the address must be slack://HOST/PATH, as Slack shows it after https://"
        )
    url = parts._replace(scheme="https").geturl()
    return lambda diagnosis, options: send(url, render(diagnosis, options))


def render(diagnosis: Diagnosis, options: Options = DEFAULTS) -> str:
    """The body of the request: JSON with blocks, and ``text`` for where blocks are not shown."""
    for most in range(CAUSES, -1, -1):
        message = json.dumps(_message(diagnosis, options, most), ensure_ascii=False)
        if len(message) <= MESSAGE:
            break
    return message


def send(url: str, body: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """POST the body; waits and tries again when Slack asks to. Raises NotDelivered, without the address."""
    for attempt in range(1, TRIES + 1):
        wait = _post(url, body)
        if wait is None:
            return
        if attempt == TRIES or wait > PATIENCE_S:
            raise NotDelivered(f"Slack takes no message for now (HTTP 429, come again in {wait:.0f} s).")
        sleep(wait)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A webhook does not move: what redirects is something else, and gets no diagnosis."""

    def redirect_request(self, *_: object) -> None:
        return None


def _post(url: str, body: str) -> float | None:
    """None when it was taken, or the seconds to wait before another try."""
    host = urlsplit(url).hostname
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "mitate"}
    request = urllib.request.Request(url, body.encode("utf-8", "replace"), headers)  # noqa: S310 - https, see above
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S):
            return None
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 429:
                return _retry_after(error.headers.get("Retry-After"))
            said = error.read(200).decode("utf-8", "replace").strip()
        # only Slack's own words: what else answers there might repeat the address
        word = f" {said}" if re.fullmatch(r"[a-z_]{1,40}", said) else ""
        raise NotDelivered(f"{host} refused the message (HTTP {error.code}{word}).") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        said = getattr(reason, "strerror", None) or type(reason).__name__
        raise NotDelivered(f"{host} could not be reached: {clean(str(said), 200)}.") from None


def _retry_after(value: str | None) -> float:
    return float(value) if value and re.fullmatch(r"\d{1,6}", value.strip()) else 1.0


def _message(diagnosis: Diagnosis, options: Options, most: int) -> dict[str, Any]:
    cloud, said = clean(diagnosis.cloud, 60), headline(diagnosis, options.fail_on)
    title = f"{MARK[verdict(diagnosis, options.fail_on)]} {cloud}: {said}"
    blocks: list[Block] = [
        {"type": "header", "text": {"type": "plain_text", "text": _escaped(title, HEADER)}}
    ]
    for cause in diagnosis.causes[:most]:
        blocks += [_section(_cause(cause)), {"type": "divider"}]
    rest = len(diagnosis.causes) - most
    blocks.append(_context(diagnosis, f"… and {count(rest, 'more cause')}" if rest > 0 else ""))
    text = f"{cloud}: {said}"
    if diagnosis.causes:
        text += f" First: {clean(diagnosis.causes[0].finding.says, 400)}"
    return {"text": _escaped(text, 1000), "blocks": blocks}


def _section(text: str) -> Block:
    # verbatim: Slack must not make mentions and links of plain words such as @here
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:SECTION], "verbatim": True}}


def _context(diagnosis: Diagnosis, more: str) -> Block:
    lines = [more] if more else []
    for group in unseen(diagnosis)[:4]:
        where = listing([place(name) for name in group.where])
        lines.append(f"Not seen: {where}: {listing(group.what)}: {clean(group.why, 200)}")
    lines.append(f"{tally(diagnosis)}; {cost(diagnosis)}")
    text = _escaped("\n".join(lines), SECTION)
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def _cause(cause: Cause) -> str:
    """At most SECTION characters: 12 + 600 + 320 + 2 × 400 + 320 + 700, and little words."""
    finding = cause.finding
    first = "Why first" if cause.rank == 1 else "Why here"
    lines = [f"*{cause.rank} {finding.severity.upper()}*  {_escaped(clean(finding.says, 600), 600)}"]
    lines.append(f"{first}: {_escaped(cause.why_first, 300)}")
    lines += [_seen(evidence) for evidence in finding.evidence[:2]]
    if cause.explains:
        groups = [f"{len(group.findings)} × {group.check}" for group in kin(cause.explains)]
        lines.append(f"Explains {_escaped(listing(groups, 4), 300)}")
    if cause.remediation and cause.remediation.commands:
        commands = [line for command in cause.remediation.commands for line in clean_lines(command)]
        lines.append(f"Do next:\n{_block(commands, 600)}")
    return "\n".join(lines)


def _seen(evidence: Evidence) -> str:
    asked = f"{place(evidence.host)}: {clean(evidence.asked, 100)}"
    return f"{_escaped(asked, 150)}\n{_block(clean_lines(evidence.excerpt)[:3], 230)}"


def _block(lines: list[str], limit: int) -> str:
    """Preformatted text; a backtick would end it."""
    return f"```{_escaped(chr(10).join(lines).replace('`', 'ʼ'), limit)}```"


def _escaped(text: str, limit: int) -> str:
    """With Slack's three entities, so that ``<!channel>`` calls nobody, in at most ``limit`` characters."""
    taken: list[str] = []
    size = 0
    for character in "\n".join(clean_lines(text)):
        entity = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(character, character)
        size += len(entity)
        if size > limit - 1:
            return "".join(taken) + "…"
        taken.append(entity)
    return "".join(taken)
