"""Which store is meant, and what of it: ``KIND=URL?WHAT`` as a person gives it."""

from __future__ import annotations

import re
from itertools import accumulate
from urllib.parse import urlsplit

import msgspec

from mitate.model.errors import CannotStart

KINDS = {"elasticsearch": "Elasticsearch", "opensearch": "OpenSearch", "loki": "Loki", "splunk": "Splunk"}
"""What a person writes, and what it is called."""
_INDEX = re.compile(r"(?!\.+$)(?:_all|[A-Za-z0-9.*][A-Za-z0-9.*,:_+-]{0,499})")
_SELECTOR = re.compile(
    r"""\{\s*[A-Za-z_]\w*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n`]|\\.){0,300}"\s*"""
    r"""(?:,\s*[A-Za-z_]\w*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n`]|\\.){0,300}"\s*){0,20},?\s*\}"""
)
_TERMS = re.compile(r"(?!.*\b(?:earliest|latest)\s*=)[^|\[\]`\n\r\0]{1,500}", re.IGNORECASE)
_GIVE = {
    "elasticsearch": "an index, or a pattern of indices, like flog-*",
    "opensearch": "an index, or a pattern of indices, like flog-*",
    "loki": 'which streams, like {job="openstack"}',
    "splunk": "terms of a search without commands or times (no | and no brackets), like index=openstack",
}


class Place(msgspec.Struct, frozen=True):
    """kind: one of KINDS. url: without what is asked for. what: an index, streams, terms of a search."""

    kind: str
    url: str
    what: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def said(self) -> str:
        """As a person would say it."""
        return f"{KINDS[self.kind]} at {self.host}"


def place_of(text: str, index: str) -> Place:
    """Raises CannotStart for what is no store. index: of Elasticsearch where no other is named.

    >>> place_of('loki=http://logs:3100?{job="nova"}', "flog-*")
    Place(kind='loki', url='http://logs:3100', what='{job="nova"}')
    >>> place_of("opensearch=https://os:9200/", "flog-*").what
    'flog-*'
    """
    kind, _, address = text.partition("=")
    url, asked, what = address.partition("?")
    if kind not in KINDS or not url:
        raise CannotStart(
            f"--store {_short(text)}: give KIND=URL, like opensearch=https://logs:9200; "
            f"kinds are {', '.join(KINDS)}"
        )
    if not asked:
        what = {"loki": "", "splunk": "index=*"}.get(kind, index)
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine or parts.fragment or re.search(r"[\s\0]", url):
        raise CannotStart(f"--store {kind}: {_short(url)} is no address like https://logs:9200")
    if parts.username is not None or parts.password is not None:
        raise CannotStart(
            "--store: credentials do not belong on the command line, where everybody on this machine can "
            "read them; see --store-access"
        )
    if not _fits(kind, what):
        raise CannotStart(f"--store {kind}: after the address and a ? give {_GIVE[kind]}")
    return Place(kind, url.rstrip("/"), what)


def _fits(kind: str, what: str) -> bool:
    """Whether it can only choose: what changes anything at a store, or searches all of Loki, does not fit."""
    form = {"loki": _SELECTOR, "splunk": _TERMS}.get(kind, _INDEX)
    if form.fullmatch(what) is None:
        return False
    if kind == "splunk":
        depths = list(accumulate((char == "(") - (char == ")") for char in what))
        return min(depths) >= 0 == depths[-1] and what.count('"') % 2 == 0 and bool(what.strip())
    return True


def _short(text: str) -> str:
    """Without credentials."""
    return re.sub(r"//[^/]*@", "//…@", text)[:80]
