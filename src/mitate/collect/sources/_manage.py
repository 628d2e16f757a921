"""sh: a command of Nova that only reads, run beside the scheduler, whose configuration knows all databases.

It is told to log to nowhere and to leave no compiled files. What it prints passes the words' allow-list.
"""

from __future__ import annotations

from mitate.collect.sources._broker import INSIDE
from mitate.collect.sources._shell import ROOT, URL, awk
from mitate.collect.sources._words import WORDS


def script(command: str, most: int) -> str:
    """command: with its arguments. most: the exit status up to which it has looked."""
    program = command.partition(" ")[0]
    return rf"""{ROOT}{INSIDE}export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
scheduler=$(pid_of '^([^ ]*/python[0-9.]* )?([^ ]*/)?nova-scheduler( |$)')
[ -n "$scheduler" ] || exit 0
said=$(inside "$scheduler" nice {command} 2>/dev/null)
status=$?
[ "$status" -le {most} ] || {{ echo "{program} ended with exit status $status" >&2; exit 1; }}
printf '%s\n' "$said" | awk {awk(URL, WORDS, "{ print tell($0) }")}
"""
