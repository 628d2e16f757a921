"""Random rules that iptables-restore takes, and random packets that have a fair chance to meet them."""

from __future__ import annotations

from itertools import cycle
from random import Random

from mitate.analyze.trace.packet import Packet, number
from tests.trace.netfilter import kernel

CLIENTS = ("10.1.0.10", "10.1.0.11", "10.1.0.12", "10.1.0.77")
SERVERS = ("10.2.0.10", "10.2.0.11", "10.2.0.12", "203.0.113.5")
OWN = ("10.1.0.1", "10.2.0.1", "10.1.9.1")
PORTS = (22, 53, 80, 443, 8080)
HOOKS = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
_IN = ("PREROUTING", "INPUT", "FORWARD")
_OUT = ("FORWARD", "OUTPUT", "POSTROUTING")

_SPORTS = cycle(range(1024, 60000))
"""Never the same for long: the kernel remembers the connections of rules that are gone."""


class Maker:
    """Rules out of one random source. sets: names of ipsets that exist, with the sides they take."""

    def __init__(self, random: Random, sets: tuple[tuple[str, str], ...] = ()) -> None:
        self.random = random
        self.sets = sets

    def table(self, table: str) -> str:
        """A table as iptables-restore reads it."""
        random = self.random
        lines = [f"*{table}"]
        chains = [f"own-{table}-{number}" for number in range(random.randint(0, 3))]
        hooks = HOOKS[table]
        for hook in hooks:
            policy = "DROP" if table == "filter" and random.random() < 0.1 else "ACCEPT"
            lines.append(f":{hook} {policy} [0:0]")
        lines += [f":{chain} - [0:0]" for chain in chains]
        for hook in hooks:
            for _ in range(random.choice((0, 1, 2, 4, 9)) if table != "raw" else random.choice((0, 0, 1, 2))):
                lines.append(self.rule(table, hook, hook, chains))
        for place, chain in enumerate(chains):
            for _ in range(random.choice((1, 2, 4, 8))):
                lines.append(self.rule(table, chain, "", chains[place + 1 :]))
        return "\n".join([*lines, "COMMIT", ""])

    def rule(self, table: str, chain: str, hook: str, chains: list[str]) -> str:
        words = [f"-A {chain}"]
        asked = self.random.choice((0, 1, 1, 1, 2, 2, 3))
        protocol = self.random.choice(("", "", "tcp", "udp", "icmp"))
        if protocol:
            words.append(f"-p {protocol}")
            if self.random.random() < 0.6:
                words.append(self.of_protocol(protocol))
        for _ in range(asked):
            match = self.match(table, hook)
            option = match.removeprefix("! ").split()[0]
            if option == "-m" or all(option not in word.split() for word in words):
                words.append(match)
        words.append(self.target(table, hook, protocol, chains))
        return " ".join(word for word in words if word)

    def of_protocol(self, protocol: str) -> str:
        random = self.random
        no = random.choice(("", "", "! "))
        if protocol == "icmp":
            kind = random.choice(("echo-request", "echo-reply", "destination-unreachable", "3/3", "8", "any"))
            return f"-m icmp {no if kind != 'any' else ''}--icmp-type {kind}"
        port = random.choice(PORTS)
        choices = [
            f"-m {protocol} {no}--dport {port}",
            f"-m {protocol} {no}--dport {port}:{port + random.choice((1, 30, 400))}",
            f"-m {protocol} --sport 1024:65535",
            f"-m {protocol} {no}--sport {port}",
            f"-m multiport {no}--dports 22,53:90",
            f"-m multiport --ports 443,8000:9000",
        ]
        if protocol == "tcp":
            choices += [f"-m tcp {no}--syn", "-m tcp --tcp-flags SYN,ACK SYN,ACK", "-m tcp --tcp-flags ALL ACK"]
        return random.choice(choices)

    def match(self, table: str, hook: str) -> str:
        random = self.random
        no = random.choice(("", "", "! "))
        choices = [
            f"{no}-s {random.choice(CLIENTS + SERVERS)}/{random.choice((32, 32, 31, 24, 16))}",
            f"{no}-d {random.choice(CLIENTS + SERVERS + OWN)}/{random.choice((32, 32, 31, 24, 16))}",
            f"-m mark {no}--mark {random.choice(('0x1', '0x2', '0x0/0xf', '0x10/0xf0', '0x3/0x3'))}",
            f"-m iprange {no}--src-range 10.1.0.10-10.1.0.11",
            f"-m iprange {no}--dst-range 10.2.0.11-10.2.0.200",
            f"-m length {no}--length {random.choice(('0:40', '40:48', '52', '0:65535'))}",
            f"-m ttl {random.choice(('--ttl-eq 64', '--ttl-lt 64', '--ttl-gt 62'))}",
            '-m comment --comment "it says \\"-j DROP\\" here"',
            f"-m addrtype {no}--dst-type LOCAL",
        ]
        if table != "raw":
            states = random.choice(("NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "INVALID", "UNTRACKED", "NEW,INVALID"))
            choices += [
                f"-m conntrack {no}--ctstate {states}",
                f"-m conntrack {no}--ctstate {states}",
                f"-m state {no}--state {states.replace('DNAT', 'NEW')}",
                f"-m conntrack {no}--ctstate {random.choice(('DNAT', 'SNAT', 'DNAT,ESTABLISHED'))}",
                f"-m conntrack {no}--ctorigdst {random.choice(SERVERS + OWN)}",
                f"-m conntrack {no}--ctreplsrc {random.choice(SERVERS)}",
                f"-m conntrack --ctdir {random.choice(('ORIGINAL', 'REPLY'))}",
                f"-m conntrack {no}--ctstatus {random.choice(('SEEN_REPLY', 'CONFIRMED'))}",
                f"-m connmark {no}--mark {random.choice(('0x1', '0x0/0xf', '0x20/0xf0'))}",
            ]
        if hook in _IN:
            choices += [f"{no}-i {random.choice(('ra', 'rb', 'r+', 'lo'))}"] * 2
            choices.append(f"-m mac {no}--mac-source {random.choice((kernel.LEFT_MAC, kernel.RIGHT_MAC))}")
        if hook in _OUT:
            choices += [f"{no}-o {random.choice(('ra', 'rb', 'r+', 'lo'))}"] * 2
        for name, sides in self.sets:
            choices.append(f"-m set {no}--match-set {name} {sides}")
        return random.choice(choices)

    def target(self, table: str, hook: str, protocol: str, chains: list[str]) -> str:
        random = self.random
        choices = ["-j ACCEPT", "-j RETURN", ""]
        if chains:
            choices += [f"-j {random.choice(chains)}"] * 4 + [f"-g {random.choice(chains)}"]
        if table == "raw":
            zone = random.choice((0, 1, 2))
            choices += ["-j CT --notrack", "-j NOTRACK", f"-j CT --zone {zone}", f"-j CT --zone {zone}", "-j DROP"]
        if table == "mangle":
            value = random.choice(("0x1", "0x2", "0x10/0xf0", "0x3/0xff"))
            choices += [f"-j MARK --{verb} {value}" for verb in ("set-mark", "set-xmark")]
            choices += ["-j MARK --or-mark 0x20", "-j MARK --and-mark 0xfe", "-j MARK --xor-mark 0x5"]
            choices += [f"-j CONNMARK --set-xmark {value}", "-j CONNMARK --save-mark", "-j CONNMARK --restore-mark"]
            choices += ["-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xff", "-j DROP"]
            choices += ["-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf"]
        if table == "filter":
            choices += ["-j DROP", "-j DROP", "-j ACCEPT"]
            how = ("port-unreachable", "host-unreachable", "net-prohibited", "admin-prohibited")
            choices.append(f"-j REJECT --reject-with icmp-{random.choice(how)}")
            if protocol == "tcp":
                choices.append("-j REJECT --reject-with tcp-reset")
        if table == "nat":
            ports = protocol in ("tcp", "udp") and random.random() < 0.4
            port = f":{random.choice(PORTS)}" if ports else ""
            if hook in ("PREROUTING", "OUTPUT"):
                choices += [f"-j DNAT --to-destination {random.choice(SERVERS)}{port}"] * 6
                choices.append(f"-j DNAT --to-destination {random.choice(OWN)}{port}")
                choices.append(f"-j REDIRECT --to-ports {random.choice(PORTS)}" if ports else "-j REDIRECT")
                choices.append("-j NETMAP --to 10.2.0.0/24")
            elif hook in ("INPUT", "POSTROUTING"):
                choices += [f"-j SNAT --to-source {random.choice(('10.1.0.1', '10.2.0.1', '192.0.2.7'))}"] * 4
                if hook == "POSTROUTING":
                    choices += ["-j MASQUERADE"] * 2
                    choices.append("-j NETMAP --to 192.0.2.0/24")
        return random.choice(choices)

    def packet(self) -> tuple[str, Packet]:
        """(where it is sent, packet): a first one of its own connection."""
        random = self.random
        sport = next(_SPORTS)
        way = random.choice(("ra", "ra", "ra", "rb", "router"))
        near, far = {"ra": (CLIENTS, SERVERS), "rb": (SERVERS, CLIENTS), "router": (OWN, CLIENTS + SERVERS)}[way]
        if way != "router" and random.random() < 0.3:
            far = OWN
        protocol = random.choice(("icmp", "tcp", "tcp", "udp"))
        packet = Packet(
            src=number(random.choice(near)),
            dst=number(random.choice(far)),
            proto=protocol,
            sport=sport,
            dport=0 if protocol == "icmp" else random.choice(PORTS),
            flags=random.choice(("S", "S", "S", "S", "A", "SA", "R", "FA", "PA")),
            icmp_type=random.choice((8, 8, 8, 0)) if protocol == "icmp" else 8,
            smac={"ra": kernel.LEFT_MAC, "rb": kernel.RIGHT_MAC}.get(way, "00:00:00:00:00:00"),
            dmac={"ra": "02:00:00:00:0a:fe", "rb": "02:00:00:00:0b:fe"}.get(way, "00:00:00:00:00:00"),
        )
        return way, packet.but(size=kernel.size(packet))
