"""The actions of a datapath, as ofproto/trace prints them, run on a packet: what comes out, and where.

Small and independent of what it checks: it knows the datapath's grammar (odp-actions), nothing of OpenFlow.
"""

from __future__ import annotations

from typing import Any

Header = dict[str, Any]
"""src, dst (MAC), vlan (None untagged), and of IP or ARP the fields by the datapath's own names."""

Came = tuple[str, tuple[tuple[str, Any], ...]]
"""(port, header): a packet that left."""


def split(text: str) -> list[str]:
    found, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            found.append(text[start:at])
            start = at + 1
    return [word.strip() for word in (*found, text[start:]) if word.strip()]


def number(text: str) -> int:
    if text.count(":") == 5:
        return int(text.replace(":", ""), 16)
    if text.count(".") == 3:
        a, b, c, d = map(int, text.split("."))
        return a << 24 | b << 16 | c << 8 | d
    return int(text, 0)


def pairs(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (word.partition("=") for word in split(text))}


class Datapath:
    """passes: the actions of every pass of a trace; recirc takes the next one."""

    def __init__(self, passes: list[str], ports: dict[int, str], length: int) -> None:
        self.passes, self.ports, self.length = passes[1:], ports, length
        self.first = passes[0]
        self.came: list[Came] = []
        self.waiting: list[Header] = []

    def run(self, header: Header) -> list[Came]:
        self.do(self.first, header)
        while self.waiting:  # trace runs the passes in the order in which they were asked for
            self.do(self.passes.pop(0), self.waiting.pop(0))
        return sorted(self.came, key=repr)

    def do(self, text: str, header: Header) -> None:
        for word in split(text):
            name, _, inside = word.partition("(")
            inside = inside[:-1]
            if word.isdecimal():
                self.out(int(word), header)
            elif name == "set":
                self.set(inside, header)
            elif name == "push_vlan":
                header["vlan"] = int(pairs(inside)["vid"])
            elif word == "pop_vlan":
                header["vlan"] = None
            elif name == "clone":
                self.do(inside, dict(header))
            elif name == "recirc":
                self.waiting.append(dict(header))
            elif name == "check_pkt_len":
                size, larger, other = split(inside)
                length = self.length + (4 if header["vlan"] is not None else 0)
                taken = larger if length > int(size.removeprefix("size=")) else other
                self.do(taken[3:-1], header)
            elif name in ("ct", "userspace", "sample", "trunc", "meter") or word in ("drop", "ct_clear"):
                continue
            else:
                raise AssertionError(f"an action of the datapath that is not known: {word}")

    def set(self, inside: str, header: Header) -> None:
        kind, _, fields = inside.partition("(")
        fields = fields[:-1]
        if kind == "tunnel":
            told = pairs(fields)
            header["tunnel"] = (
                number(told.get("dst", "0")),
                number(told.get("src", "0")),
                number(told.get("tun_id", "0")),
            )
            header["udp"] = int(told.get("tp_dst", "0")) or -1
            return
        if kind == "skb_mark":
            header["mark"] = masked(fields, header["mark"])
            return
        prefix = {"eth": "", "ipv4": "ip_", "arp": "arp_", "tcp": "l4_", "udp": "l4_", "icmp": "icmp_"}[kind]
        for name, value in pairs(fields).items():
            key = prefix + name
            header[key] = masked(value, header.get(key, 0))

    def out(self, port: int, header: Header) -> None:
        kept = dict(header)
        name = self.ports[port]
        if name:
            kept.pop("tunnel", None)
            kept.pop("udp", None)
        elif kept.pop("udp", 0) != (port if port in (4789, 4790) else -1):
            return  # a port whose remote no flow told: the switch says where to only for the port before it
        self.came.append((name, tuple(sorted(kept.items(), key=lambda pair: pair[0]))))


def masked(text: str, old: int) -> int:
    value, slash, mask = text.partition("/")
    if not slash:
        return number(value)
    bits = number(mask)
    return (old & ~bits) | (number(value) & bits)
