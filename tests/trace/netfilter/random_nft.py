"""Random rules of nftables in tables of an administrator's own, with all statements that are modelled."""

from __future__ import annotations

from random import Random

from tests.trace.netfilter.kernel import LEFT_MAC, RIGHT_MAC
from tests.trace.netfilter.random_rules import CLIENTS, OWN, PORTS, SERVERS

_SETS = """  set people { type ipv4_addr; flags interval; elements = { 10.1.0.10-10.1.0.11, 203.0.113.0/25 } }
  set doors { type ipv4_addr . inet_service; elements = { 10.2.0.10 . 80, 10.2.0.11 . 53, 10.2.0.12 . 443 } }
  map fate { type inet_service : verdict; elements = { 22 : accept, 53 : drop, 80 : jump other } }
"""
_PRIORITIES = (-310, -250, -160, -110, -50, 0, 10, 60, 120)


def ruleset(random: Random) -> str:
    """A file for nft -f."""
    lines = ["flush ruleset"]
    for family in random.sample(("ip", "inet"), random.choice((1, 2))):
        name = f"admin-{family}"
        lines += [f"table {family} {name} {{", _SETS, "  chain other {"]
        lines += [f"    {_rule(random, '', 'filter')}" for _ in range(random.choice((1, 2, 4)))]
        lines.append("  }")
        for number in range(random.choice((1, 2, 3, 5))):
            hook = random.choice(("prerouting", "input", "forward", "output", "postrouting"))
            kind = "nat" if hook != "forward" and random.random() < 0.4 else "filter"
            priority = (-100 if hook in ("prerouting", "output") else 100) if kind == "nat" else 0
            if kind == "filter":
                priority = random.choice(_PRIORITIES)
            policy = "drop" if kind == "filter" and random.random() < 0.05 else "accept"
            lines.append(f"  chain base-{number} {{")
            lines.append(f"    type {kind} hook {hook} priority {priority + number}; policy {policy};")
            early = kind == "filter" and priority < -200
            lines += [f"    {_rule(random, hook, kind, early)}" for _ in range(random.choice((1, 2, 4, 8)))]
            lines.append("  }")
        lines.append("}")
    return "\n".join([*lines, ""])


def _rule(random: Random, hook: str, kind: str, early: bool = False) -> str:
    words = [_match(random, hook, early) for _ in range(random.choice((0, 1, 1, 2, 2, 3)))]
    if kind == "filter" and random.random() < 0.25:
        words.append(_change(random, early, hook))
    words.append(_verdict(random, hook, kind))
    return " ".join(words)


def _match(random: Random, hook: str, early: bool) -> str:
    no = random.choice(("", "", "!= "))
    someone, far, port = random.choice(CLIENTS + SERVERS), random.choice(SERVERS + OWN), random.choice(PORTS)
    state = random.choice(("new", "established", "related", "invalid", "untracked"))
    protocol = random.choice(("tcp", "udp", "icmp"))
    choices = [
        f"ip saddr {no}{someone}",
        f"ip saddr {no}{someone}/{random.choice((31, 24, 16))}",
        f"ip daddr {no}{far}",
        f"ip daddr {no}{{ {far}, 10.2.0.11, 10.1.0.0/28 }}",
        f"ip saddr {no}10.1.0.10-10.1.0.12",
        "ip saddr & 255.0.0.1 == 10.0.0.1",
        f"ip saddr {no}@people",
        f"ip daddr . tcp dport {no}@doors",
        "ip daddr . tcp dport { 10.2.0.10 . 22-80, 10.2.0.11 . 443 }",
        f"tcp dport {no}{port}",
        f"tcp dport {no}{{ {port}, 8000-9000 }}",
        f"udp dport {no}{port}",
        f"udp dport {random.choice(('<', '>', '<=', '>='))} {port}",
        f"tcp sport {no}1024-65535",
        f"th dport {no}{port}",
        f"meta l4proto {no}{protocol}",
        "meta l4proto { tcp, udp }",
        f"ip protocol {no}{protocol}",
        "meta nfproto ipv4",
        f"icmp type {no}echo-request",
        "icmp type { echo-reply, destination-unreachable }",
        "icmp code 0",
        "tcp flags syn / syn,ack",
        "tcp flags & (fin|syn|rst|ack) == syn | ack",
        f"tcp flags {random.choice(('syn', 'ack', '!= syn', '! ack', '{ syn, ack }'))}",
        f"ip ttl {random.choice(('64', '< 64', '!= 63'))}",
        f"meta length {random.choice(('< 41', '> 45', '52', '40-44'))}",
        f"meta mark {no}{random.choice(('0x1', '0x2', '0x0'))}",
        f"meta mark & 0xf {random.choice(('==', '!='))} 0x2",
        f"fib daddr type {no}local",
        "counter",
        "ip6 daddr fe80::1" if random.random() < 0.05 and False else "ip version 4",
    ]
    if hook in ("prerouting", "input", "forward"):
        choices += [f'iifname {no}"{random.choice(("ra", "rb", "r*", "lo"))}"'] * 2
        choices.append(f"ether saddr {no}{random.choice((LEFT_MAC, RIGHT_MAC))}")
    if hook in ("forward", "output", "postrouting"):
        choices += [f'oifname {no}"{random.choice(("ra", "rb", "r*", "lo"))}"'] * 2
        choices.append('oifname { "ra", "lo" }')
    if not early:
        choices += [
            f"ct state {no}{state}",
            f"ct state {state}",
            "ct state established,related",
            "ct state { new, invalid }",
            f"ct status {random.choice(('dnat', 'snat', 'seen-reply', 'confirmed', 'assured'))}",
            f"ct direction {random.choice(('original', 'reply'))}",
            f"ct mark {no}{random.choice(('0x0', '0x1'))}",
            f"ct original ip daddr {no}{far}",
            f"ct original proto-dst {no}{port}",
            f"ct reply ip saddr {no}{far}",
        ]
    return random.choice(choices)


def _change(random: Random, early: bool, hook: str) -> str:
    choices = [
        "meta mark set 0x1",
        "meta mark set 0x2",
        "meta mark set meta mark | 0x10",
        "meta mark set meta mark & 0xf",
    ]
    if early and hook in ("prerouting", "output"):
        choices += ["notrack", "ct zone set 1"]
    if not early:
        choices += ["ct mark set 0x1", "ct mark set meta mark", "meta mark set ct mark"]
    return random.choice(choices)


def _verdict(random: Random, hook: str, kind: str) -> str:
    choices = ["accept", "return", "", "jump other" if hook else "", "goto other" if hook else "", "continue"]
    if kind == "filter":
        choices += ["drop", "accept", "ct state vmap { established : accept, invalid : drop }"]
        if hook:
            choices.append("tcp dport vmap @fate")
        if hook in ("input", "forward"):
            choices += [
                "reject",
                "reject with icmp host-unreachable",
                "meta l4proto tcp reject with tcp reset",
            ]
    if kind == "nat":
        port = f":{random.choice(PORTS)}"
        if hook in ("prerouting", "output"):
            choices += [f"dnat ip to {random.choice(SERVERS)}"] * 4
            choices += [f"meta l4proto {{ tcp, udp }} dnat ip to {random.choice(SERVERS)}{port}", "redirect"]
            choices += [f"tcp dport {random.choice(PORTS)} redirect to {port}"]
            choices += ["dnat ip to ip saddr map { 10.1.0.10 : 10.2.0.10, 10.1.0.11 : 10.2.0.12 }"]
        elif hook == "postrouting":
            choices += [f"snat ip to {random.choice(('10.1.0.1', '192.0.2.7'))}"] * 4 + ["masquerade"]
        elif hook == "input":
            choices += [f"snat ip to {random.choice(('10.1.0.1', '10.2.0.1'))}"] * 2
    return random.choice(choices)
