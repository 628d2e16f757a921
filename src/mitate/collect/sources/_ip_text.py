"""The plain text of ``ip`` and ``bridge``, as a sosreport holds it, in the form of their JSON output.

Only what the parser of ``network`` reads is taken; lines that say nothing known are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

_LINK = re.compile(r"(\d{1,9}): ([^:@\s]+)(?:@(\S+))?: <([A-Z0-9_,-]*)> mtu (\d{1,9})(.*)")
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
            index, name, below, flags, mtu, rest = head.groups()
            after = _pairs(rest)
            link = {
                "ifindex": int(index),
                "ifname": name,
                "flags": flags.split(","),
                "mtu": int(mtu),
                "operstate": after.get("state", ""),
                "master": after.get("master", ""),
                "addr_info": [],
            }
            if elsewhere := re.fullmatch(r"if(\d{1,9})", below or ""):
                link["link_index"] = int(elsewhere[1])
            elif below and below != "NONE":
                link["link"] = below
            if re.search(r"\bxdp", rest):
                link["xdp"] = {}
            found.append(link)
        elif found and (words := line.split()):
            _detail(found[-1], words)
    return found


def _detail(link: dict[str, Any], words: list[str]) -> None:
    said = _pairs(" ".join(words[1:]))
    if words[0].startswith("link/") and len(words) > 1:
        link["address"] = words[1]
        if "link-netnsid" in said:
            link |= _numbers(said, {"link-netnsid": "link_netnsid"})
        if "link-netns" in said:
            link["link_netns"] = said["link-netns"]
    elif words[0] in ("inet", "inet6") and len(words) > 1:
        ip, _, prefix = words[1].partition("/")
        if prefix.isdecimal():
            link["addr_info"].append({"local": ip, "prefixlen": int(prefix)})
    elif words[0] == "bridge_slave":
        data: dict[str, Any] = {"state": said.get("state", "")}
        data |= {name: said[name] == "on" for name in _PORT if name in said}
        link.setdefault("linkinfo", {})
        link["linkinfo"] |= {"info_slave_kind": "bridge", "info_slave_data": data}
    elif re.fullmatch(_KINDS, words[0]) and "info_kind" not in link.get("linkinfo", {}):
        data = {name: said[name] for name in _WORDS if name in said}
        data["link"] = said.get("dev", "")
        data |= _numbers(said, {"id": "id", "dstport": "port", "vlan_filtering": "vlan_filtering"})
        if words[0] == "vxlan":
            data |= {"learning": "nolearning" not in words, "proxy": "proxy" in words}
        link.setdefault("linkinfo", {})
        link["linkinfo"] |= {"info_kind": words[0], "info_data": data}


_PORT = ("hairpin", "learning", "flood", "isolated")
_WORDS = ("local", "remote", "group", "df", "ikey", "okey")


def _numbers(said: dict[str, str], names: dict[str, str]) -> dict[str, int]:
    """Those of the words that are numbers, by their names in JSON."""
    return {to: int(said[name]) for name, to in names.items() if re.fullmatch(r"\d{1,9}", said.get(name, ""))}


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
            "prefsrc": said.get("src", ""),
            "scope": said.get("scope", ""),
            "metric": said.get("metric", ""),
            "flags": ["onlink"] if "onlink" in words else [],
            "metrics": [{"mtu": mtu[1]}] if (mtu := re.search(r"\bmtu (?:lock )?(\d{1,9})\b", line)) else [],
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
                "state": next((word for word in ("permanent", "static") if word in words), ""),
                "flags": ["sticky"] if "sticky" in words else [],
                **_numbers(said, {"vlan": "vlan", "port": "port", "vni": "vni"}),
            }


def rules(text: str) -> Iterator[dict[str, Any]]:
    """``ip -4 rule list``."""
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        words = rest.split()
        if not re.fullmatch(r"\d{1,10}", number) or "from" not in words:
            continue
        said = _pairs(rest)
        row: dict[str, Any] = {"priority": int(number), "table": said.get("lookup", "")}
        row |= {to: said[name] for name, to in _RULE.items() if name in said}
        mark, slash, mask = said.get("fwmark", "").partition("/")
        row |= {"fwmark": mark} if mark else {}
        row |= {"fwmask": mask} if slash else {}
        row |= {"not": None} if words[0] == "not" else {}
        action = next((word for word in ("blackhole", "unreachable", "prohibit", "nop") if word in words), "")
        row |= {"action": action} if action else {}
        row |= {name: said[name] for name in ("tos", "ipproto", "sport", "dport", "tun_id") if name in said}
        yield row


_RULE = {"from": "src", "to": "dst", "iif": "iif", "oif": "oif", "goto": "goto"}


def _pairs(text: str) -> dict[str, str]:
    """Each word with the one after it; the first time counts."""
    words = text.split()
    found: dict[str, str] = {}
    for name, value in pairwise(words):
        found.setdefault(name, value)
    return found
