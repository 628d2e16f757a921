"""All questions to one host as one POSIX sh script, and its output back into answers.

It is read by ``sh -s`` (dash, bash, busybox ash) from its standard input; every question's own input is
/dev/null, so none can eat the rest. What comes back is framed by lines that begin with a random nonce. Only
this script knows it (it is on no command line), so that no answer can forge a frame:

    NONCE host HOSTNAME SECONDS.NANOSECONDS      first of all: who it is, and its clock
    NONCE ask NAME                               then the answer's bytes, hardly more than its limit
    NONCE end NAME … STATUS                      the end of its standard error, and its exit status
    NONCE bye

A question runs as an orphan of the shell, which waits only for ``head`` (under a time limit of its own): one
that not even SIGKILL ends (state D, a dead NFS server) loses its own answer and no other. Slow questions run
beside the others, in at most six lanes, each into a file that has no name any more; so nothing is left on the
host, whatever kills the script.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from shlex import quote

import msgspec

from mitate.collect.question import HostQuestion
from mitate.collect.sources._keyed import environment, run_key
from mitate.collect.transport.trouble import clause
from mitate.model.errors import CannotSee

LANES = range(4, 10)
"""File descriptors of the lanes: one digit each, because dash knows no others."""
GRACE_S = 3
"""What a question gets beyond its time limit until nobody waits for it any more."""
MAX_BYTES = 64_000_000
"""What one host may say in one run, all in all."""
FRAME_BYTES = 1024
"""Room for the lines of one frame; so an answer within its limit always has its end line."""
LONG = 200
"""Letters of a question's name beyond which its frames carry a short one."""

_PROLOGUE = """\
umask 077
set -f
LC_ALL=C LANG=C PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
export LC_ALL LANG PATH
unset ENV BASH_ENV
limit='timeout -k 1'
$limit 60 true 2>/dev/null </dev/null || limit='timeout'
$limit 60 true 2>/dev/null </dev/null || limit=
ask() {
    printf '\\n%s ask %s\\n' "$nonce" "$1"
    { {
        why=$( {
            ${limit:+$limit "$3"} sh -c "$4" 2>&1 >&3 3>&- </dev/null
            printf ' %s' $?
        } | tail -c 400)
        printf '\\n%s end %s' "$nonce" "$1"
        printf ' %s' $why
        echo
    } 3>&1 2>/dev/null & } | { exec ${limit:+$limit $(($3 + GRACE))} head -c "$2"; }
}
""".replace("GRACE", str(GRACE_S))
"""Words of a complaint are joined by the splitting of ``$why``: each process spared counts on a slow host."""


class Script(msgspec.Struct, frozen=True):
    """text: what ``sh -s`` reads. nonce: what marks the frames of its output."""

    text: str
    nonce: str
    questions: tuple[HostQuestion, ...]

    @property
    def max_bytes(self) -> int:
        """The longest output that an honest host can make."""
        return min(MAX_BYTES, sum(q.limit + 2 * FRAME_BYTES for q in self.questions) + FRAME_BYTES)


def script_for(questions: Sequence[HostQuestion], nonce: str = "") -> Script:
    """One script that asks them all; the text depends on nothing but the questions, the nonce and this run's
    key."""
    nonce = nonce or secrets.token_hex(16)
    slow = [q for q in questions if q.slow]
    lanes = [(fd, slow[i :: len(LANES)]) for i, fd in enumerate(LANES) if slow[i :: len(LANES)]]
    parts = [_PROLOGUE, f"nonce={nonce}\n"]
    parts.append('printf \'\\n%s host %s %s\\n\' "$nonce" "$(uname -n)" "$(date +%s.%N)"\n')
    parts += [_lane(fd, asked) for fd, asked in lanes]
    parts += [_ask(q) for q in questions if not q.slow]
    parts += [
        f'if [ -n "$lane{fd}" ]; then wait "$lane{fd}"; cat /proc/self/fd/{fd}; fi\n' for fd, _ in lanes
    ]
    parts += [f'if [ -z "$lane{fd}" ]; then\n{"".join(map(_ask, asked))}fi\n' for fd, asked in lanes]
    parts.append("printf '\\n%s bye\\n' \"$nonce\"\n")
    return Script("".join(parts), nonce, tuple(questions))


def short_name(question: HostQuestion) -> str:
    """What the frames call a question: what it is called, unless its slots make that too long for them."""
    called = question.called
    if len(called) <= LONG:
        return called
    return f"{question.name}:{hashlib.sha256(called.encode()).hexdigest()[:32]}"


def _ask(question: HostQuestion) -> str:
    words = (short_name(question), str(question.limit + FRAME_BYTES), str(question.timeout_s), question.sent)
    ask = f"ask {' '.join(map(quote, words))}\n"
    return f"(export {environment(run_key())}\n{ask})\n" if question.keyed else ask


def _lane(fd: int, questions: Iterable[HostQuestion]) -> str:
    """Start questions in the background, into a file whose name is gone before the first one runs.

    Where no directory takes a file, the lane stays empty, and its questions are asked at the end instead.
    """
    return (
        f"lane{fd}=\n"
        "for place in /dev/shm /run /tmp; do\n"
        '    file=$(mktemp "$place/mitate.XXXXXX" 2>/dev/null) || continue\n'
        f'    exec {fd}<>"$file" && rm -f "$file"\n'
        f"    {{\n{''.join(map(_ask, questions))}    }} >&{fd} 2>/dev/null </dev/null &\n"
        f"    lane{fd}=$!\n"
        "    break\n"
        "done\n"
    )


class Frame(msgspec.Struct, frozen=True):
    """One complete frame: ``text`` is what the question printed, ``why`` the end of what it complained."""

    name: str
    text: bytes
    status: int | None
    """Exit status; None when the answer was longer than its limit, or nobody waited for its end."""
    why: str
    began: float
    ended: float


class Greeting(msgspec.Struct, frozen=True):
    hostname: str
    clock: float | None
    at: float


class Frames:
    """Reads a script's output as it comes. ``feed`` returns what has become complete.

    An answer that ends neither with its end line nor at its limit before the next frame begins was given up
    at the host; one that is still open when the output ends was cut off: neither is complete.
    """

    def __init__(self, script: Script) -> None:
        self._limits = {q.called: q.limit for q in script.questions}
        self._called = {short_name(q): q.called for q in script.questions}
        self._mark = re.compile(rb"\n" + script.nonce.encode() + rb" (host|ask|end|bye)([^\n]{0,900})\n")
        self._longest = len(script.nonce) + FRAME_BYTES
        self._held = bytearray(b"\n")
        self._searched = 0
        self._open = ""
        self._began = 0.0
        self.greeting: Greeting | None = None
        self.given_up: set[str] = set()
        self.complete = False

    def feed(self, data: bytes, at: float) -> Iterator[Frame]:
        """data: the next bytes. at: when they came, seconds since the epoch."""
        self._held += data
        while mark := self._mark.search(self._held, self._searched):
            word, rest, body = (
                mark[1].decode(),
                mark[2].decode(errors="replace"),
                bytes(self._held[: mark.start()]),
            )
            # the newline that ends this mark may be the one that begins the next
            del self._held[: mark.end() - 1]
            self._searched = 0
            yield from self._turn(word, rest.strip(), body, at)
        self._searched = max(0, len(self._held) - self._longest)

    def _turn(self, word: str, rest: str, body: bytes, at: float) -> Iterator[Frame]:
        if word == "host":
            hostname, _, clock = rest.partition(" ")
            self.greeting = self.greeting or Greeting(hostname[:255], _number(clock), at)
        elif word == "end":
            name, _, why = rest.partition(" ")
            name = self._called.get(name, "")
            why, _, status = why.rpartition(" ")
            if name and name == self._open and status.isdigit():
                yield Frame(name, body[1:], int(status), why.strip(), self._began, at)
            self._open = ""
        elif self._open:  # no end: it was cut at its limit, or given up
            name, self._open = self._open, ""
            if len(body) - 1 > self._limits[name]:
                yield Frame(name, body[1:], None, "", self._began, at)
            else:
                self.given_up.add(name)
        if word == "ask":
            self._open, self._began = self._called.get(rest, ""), at
        elif word == "bye":
            self.complete = True


def _number(text: str) -> float | None:
    found = re.match(r"\d{9,11}(\.\d{1,9})?", text)
    return float(found[0]) if found else None


def unanswered(frame: Frame, timeout_s: int) -> CannotSee | None:
    """Why a frame is no answer, or None when it is one."""
    if frame.status is None or frame.status == 0:
        return None
    if frame.status in (124, 137, 143):
        return CannotSee(f"no answer within {timeout_s} s", "timeout")
    why = clause(frame.why) or f"the question ended with exit status {frame.status} and said nothing"
    denied = re.search(r"(?i)permission denied|not permitted|must be root|access denied", why)
    return CannotSee(why, "denied" if denied else "absent")
