"""The plain text of ``ip`` and ``bridge``, as a sosreport holds it, in the form of their JSON output.

Only what the parser of ``network`` reads is taken; lines that say nothing known are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

_LINK = re.compile(r"(\d{1,9}): ([^:@\s]+)(?:@\S+)?: <([A-Z0-9_,-]*)> mtu (\d{1,9})(.*)")
_KINDS = "veth|bridge|vxlan|tun|vlan|bond|dummy|geneve|gre|gretap|macvlan|macvtap|openvswitch|team|ifb|vrf"
_ROUTES = (
    "unicast",
    "local",
    "broadcast",
    "multicast",
    "anycast",
    "unreachable",
    "blackhole",
    "prohibit",
    "throw",
)


def links(text: str) -> list[dict[str, Any]]:
    """``ip -d address``."""
    found: list[dict[str, Any]] = []
    for line in text.splitlines():
        if head := _LINK.match(line):
            index, name, flags, mtu, rest = head.groups()
            after = _pairs(rest)
            found.append(
                {
                    "ifindex": int(index),
                    "ifname": name,
                    "flags": flags.split(","),
                    "mtu": int(mtu),
                    "operstate": after.get("state", ""),
                    "master": after.get("master", ""),
                    "addr_info": [],
                }
            )
        elif found and (words := line.split()):
            _detail(found[-1], words)
    return found


def _detail(link: dict[str, Any], words: list[str]) -> None:
    if words[0].startswith("link/") and len(words) > 1:
        link["address"] = words[1]
    elif words[0] in ("inet", "inet6") and len(words) > 1:
        ip, _, prefix = words[1].partition("/")
        if prefix.isdecimal():
            link["addr_info"].append({"local": ip, "prefixlen": int(prefix)})
    elif re.fullmatch(_KINDS, words[0]) and "linkinfo" not in link:
        said = _pairs(" ".join(words[1:]))
        data: dict[str, Any] = {"local": said.get("local", ""), "link": said.get("dev", "")}
        data |= {
            to: int(said[name])
            for name, to in (("id", "id"), ("dstport", "port"))
            if said.get(name, "").isdecimal()
        }
        link["linkinfo"] = {"info_kind": words[0], "info_data": data}


def routes(text: str) -> Iterator[dict[str, Any]]:
    """``ip route show table all``."""
    for line in text.splitlines():
        words = line.split()
        kind = words.pop(0) if words and words[0] in _ROUTES else "unicast"
        if not words or not re.fullmatch(r"default|[0-9a-fA-F:.]+(/\d+)?", words[0]):
            continue
        said = _pairs(" ".join(words[1:]))
        yield {
            "type": kind,
            "dst": words[0],
            "gateway": said.get("via", ""),
            "dev": said.get("dev", ""),
            "table": said.get("table", "main"),
        }


def neighbours(text: str) -> Iterator[dict[str, Any]]:
    """``ip -s -s neigh show``."""
    for line in text.splitlines():
        words = line.split()
        if len(words) > 3 and words[1] == "dev" and words[-1].isupper():
            said = _pairs(" ".join(words[1:]))
            yield {"dst": words[0], "dev": words[2], "lladdr": said.get("lladdr", ""), "state": [words[-1]]}


def forwarding(text: str) -> Iterator[dict[str, Any]]:
    """``bridge fdb show``."""
    for line in text.splitlines():
        words = line.split()
        if len(words) > 2 and words[1] == "dev":
            said = _pairs(" ".join(words[3:]))
            yield {
                "mac": words[0],
                "ifname": words[2],
                "master": said.get("master", ""),
                "dst": said.get("dst", ""),
            }


def _pairs(text: str) -> dict[str, str]:
    """Each word with the one after it; the first time counts."""
    words = text.split()
    found: dict[str, str] = {}
    for name, value in pairwise(words):
        found.setdefault(name, value)
    return found
