"""What can go wrong with the practice cloud, as one sentence for the person in front of it."""

from __future__ import annotations


class LabError(Exception):
    """The lab cannot do what was asked. The message is one sentence: what is wrong, and what helps.

    Further lines of the message, if any, are evidence (the last lines of a log).
    """


class LabBusyError(LabError):
    """Another process holds the lab; the message says which, since when, and what it does."""
