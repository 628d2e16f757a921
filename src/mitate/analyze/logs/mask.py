"""Templates: messages with all that differs from one time to the next taken out."""

from __future__ import annotations

import re

_VARIES = re.compile(
    r"req-[0-9a-f-]{8,36}"
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]{12,22}"
    r"|\b(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}\b"
    r"|\b[0-9a-f]{16,64}\b"
    r"|\b0x[0-9a-fA-F]+\b"
    r"|(?:(?<=tap|brq|qvo|qvb|qbr)|(?<=-))[0-9a-f]{8}-[0-9a-f]{2}\b"
    r"|\d+(?:[.:,]\d+)*"
)
_LIST = re.compile(r"\*(?:(?:, |,|': |: |/)(?:'|u'|\")?\*(?:'|\")?)+")
LONGEST = 240


def template(message: str) -> str:
    """
    >>> template("Took 19.31 s to spawn 8fd71303-f915-4cbc-bc8f-70ed05ab1dfe on tap1a2b3c4d-5e")
    'Took * s to spawn * on tap*'
    """
    return _LIST.sub("*", _VARIES.sub("*", message[: 2 * LONGEST]))[:LONGEST]


_SEGMENT = re.compile(r"^(?:[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f-]{16,24}|\d+|[0-9a-f]{32,64})$")
_COLLECTIONS = frozenset(
    [
        "images",
        "networks",
        "subnets",
        "ports",
        "routers",
        "floatingips",
        "security-groups",
        "servers",
        "flavors",
        "users",
        "projects",
        "roles",
        "domains",
        "groups",
        "os-keypairs",
        "os-aggregates",
        "resource_providers",
        "resource_classes",
        "traits",
        "allocations",
        "volumes",
        "snapshots",
        "os-services",
        "os-hypervisors",
        "os-server-groups",
        "os-quota-sets",
        "public-keys",
        "stacks",
    ]
)
_NO_NAMES = frozenset(("", "detail", "detailed", "default", "enable", "disable", "force-down"))
_HEAD = re.compile(r"^[a-z]+://[^/]+")


def route(path: str) -> str:
    """The path of a request without ids, names of resources and its query.

    >>> route("/v2.1/servers/8fd71303-f915-4cbc-bc8f-70ed05ab1dfe/action?x=1"), route("/v2.0/ports.json?id=1")
    ('/v2.1/servers/*/action', '/v2.0/ports')
    """
    plain = _HEAD.sub("", path.partition("?")[0]).removesuffix(".json")
    parts = plain.split("/")
    for at, part in enumerate(parts):
        named = at > 0 and parts[at - 1] in _COLLECTIONS and part not in _NO_NAMES
        if named or _SEGMENT.match(part):
            parts[at] = "*"
    return "/".join(parts)[:200].rstrip("/") or "/"
