"""An HTML page that needs nothing else: no network, no script, readable on a phone.

Its content security policy forbids everything but its own style sheet, so that even a name that slipped
through unescaped could load and run nothing.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from html import escape

from mitate.model.diagnosis import Evidence
from mitate.report.digest.words import clean, clean_lines, moment, place, stamp

EXCERPT = 60
"""Lines shown of one piece of evidence."""


def document(title: str, style: str, body: str) -> str:
    """``title`` and ``body`` are HTML already."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
{body}</body>
</html>
"""


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def text(words: str, limit: int = 600) -> str:
    """Words of a cloud, safe to stand in HTML."""
    return escape(clean(words, limit))


def piece(evidence: Evidence, beside: datetime) -> str:
    """One thing seen: where, asked how, when, and the words that prove it."""
    lines = clean_lines(evidence.excerpt, EXCERPT + 1)
    shown = "\n".join([*lines[:EXCERPT], "…"] if len(lines) > EXCERPT else lines)
    asked = f"<b>{text(place(evidence.host), 60)}</b> <code>{text(evidence.asked, 300)}</code>"
    when = f'<time datetime="{stamp(evidence.at)}">{moment(evidence.at, beside)}</time>'
    return f"<figure><figcaption>{asked} {when}</figcaption><pre>{escape(shown)}</pre></figure>\n"
