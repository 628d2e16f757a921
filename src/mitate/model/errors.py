"""The tree of errors. An operator sees the message, never a traceback.

MitateError             what went wrong, in one clear sentence
├── CannotStart         bad usage, configuration or credentials (exit status 2)
└── CannotSee           a place that was asked and did not tell: becomes a Gap, the run goes on
"""

from __future__ import annotations


class MitateError(Exception):
    """Says what, where, and what to do, in one sentence."""


class CannotStart(MitateError):
    """Nothing can be asked at all."""


class CannotSee(MitateError):
    """One question went unanswered. reason: a short class (timeout, refused, auth, absent, garbage…)."""

    def __init__(self, why: str, reason: str = "") -> None:
        super().__init__(why)
        self.reason = reason
