"""Random rules that iptables-restore takes, and random packets that have a fair chance to meet them."""

from __future__ import annotations

from itertools import cycle
from random import Random

from mitate.analyze.trace.packet import BROADCAST, Packet, number
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
PORT_MACS = ("02:00:00:00:01:01", "02:00:00:00:01:02", "02:00:00:00:01:03")
"""Of who is behind the ports of the bridge."""
_IN = ("PREROUTING", "INPUT", "FORWARD")
_OUT = ("FORWARD", "OUTPUT", "POSTROUTING")

_SPORTS = cycle(range(1024, 60000))
"""Never the same for long: the kernel remembers the connections of rules that are gone."""


class Maker:
    """Rules out of one random source. sets: names of ipsets that exist, with the sides they take. bridge: for
    packets that cross the bridge br0 by its ports p1, p2 and p3."""

    def __init__(self, random: Random, sets: tuple[tuple[str, str], ...] = (), bridge: bool = False) -> None:
        self.random = random
        self.sets = sets
        self.bridge = bridge

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
            if option == "-m" and "mark " in match and any("mark " in word for word in words):
                continue  # iptables-nft-restore mistakes the second for the first given twice
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
            "-m multiport --ports 443,8000:9000",
        ]
        if protocol == "tcp":
            choices += [
                f"-m tcp {no}--syn",
                "-m tcp --tcp-flags SYN,ACK SYN,ACK",
                "-m tcp --tcp-flags ALL ACK",
            ]
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
            states = random.choice(
                ("NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "INVALID", "UNTRACKED", "NEW,INVALID")
            )
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
        if self.bridge:
            choices += self.physdev(hook)
        elif hook in _IN:
            choices += [f"{no}-i {random.choice(('ra', 'rb', 'r+', 'lo'))}"] * 2
            choices.append(f"-m mac {no}--mac-source {random.choice((kernel.LEFT_MAC, kernel.RIGHT_MAC))}")
        if hook in _OUT and not self.bridge:
            choices += [f"{no}-o {random.choice(('ra', 'rb', 'r+', 'lo'))}"] * 2
        for name, sides in self.sets:
            choices.append(f"-m set {no}--match-set {name} {sides}")
        return random.choice(choices)

    def physdev(self, hook: str) -> list[str]:
        random = self.random
        no = random.choice(("", "", "! "))
        port = random.choice(("p1", "p2", "p3", "p+"))
        found = [f"-m physdev {no}--physdev-in {port}", f"-m physdev {no}--physdev-is-in"] * 2
        if hook in ("", "FORWARD", "POSTROUTING"):
            found += [f"-m physdev {no}--physdev-out {port} --physdev-is-bridged"] * 4
            found += [f"-m physdev {no}--physdev-is-out", f"-m physdev {no}--physdev-is-bridged"]
        if hook in _IN:
            found += [
                f"{no}-i {random.choice(('br0', 'p1', 'b+'))}",
                f"-m mac {no}--mac-source {PORT_MACS[0]}",
            ]
        if hook in _OUT:
            found.append(f"{no}-o {random.choice(('br0', 'p2', 'b+'))}")
        return found

    def target(self, table: str, hook: str, protocol: str, chains: list[str]) -> str:
        random = self.random
        choices = ["-j ACCEPT", "-j RETURN", ""]
        if chains:
            choices += [f"-j {random.choice(chains)}"] * 4 + [f"-g {random.choice(chains)}"]
        if table == "raw":
            zone = random.choice((0, 1, 2))
            choices += [
                "-j CT --notrack",
                "-j NOTRACK",
                f"-j CT --zone {zone}",
                f"-j CT --zone {zone}",
                "-j DROP",
            ]
        if table == "mangle":
            value = random.choice(("0x1", "0x2", "0x10/0xf0", "0x3/0xff"))
            choices += [f"-j MARK --{verb} {value}" for verb in ("set-mark", "set-xmark")]
            choices += ["-j MARK --or-mark 0x20", "-j MARK --and-mark 0xfe", "-j MARK --xor-mark 0x5"]
            choices += [
                f"-j CONNMARK --set-xmark {value}",
                "-j CONNMARK --save-mark",
                "-j CONNMARK --restore-mark",
            ]
            choices += ["-j CONNMARK --save-mark --nfmask 0xf --ctmask 0xff", "-j DROP"]
            choices += ["-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf"]
        if table == "filter" and self.bridge:
            choices += ["-j DROP", "-j ACCEPT"]
        elif table == "filter":
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
        near, far = {"ra": (CLIENTS, SERVERS), "rb": (SERVERS, CLIENTS), "router": (OWN, CLIENTS + SERVERS)}[
            way
        ]
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

    def frame(self) -> tuple[str, Packet]:
        """(port of the bridge, packet or ARP) from one neighbour to another."""
        random = self.random
        here, there = random.sample(range(3), 2)
        near, far = (*CLIENTS[:3],)[here], (*CLIENTS[:3],)[there]
        packet = Packet(
            src=number(random.choice((near, near, near, CLIENTS[3]))),
            dst=number(far),
            smac=random.choice((PORT_MACS[here], PORT_MACS[here], PORT_MACS[here], "02:00:00:00:01:99")),
            dmac=PORT_MACS[there],
        )
        if random.random() < 0.4:
            operation = random.choice((1, 1, 2))
            return f"p{here + 1}", packet.but(
                arp=operation, dmac=BROADCAST if operation == 1 else packet.dmac
            )
        protocol = random.choice(("icmp", "tcp", "udp"))
        packet = packet.but(
            proto=protocol,
            sport=next(_SPORTS),
            dport=0 if protocol == "icmp" else random.choice(PORTS),
            flags=random.choice(("S", "S", "A", "R")),
            dmac=BROADCAST if random.random() < 0.1 else packet.dmac,
        )
        return f"p{here + 1}", packet.but(size=kernel.size(packet))

    def ebtables(self, table: str) -> str:
        """A table as ebtables-restore reads it."""
        random = self.random
        hooks = {"nat": ("PREROUTING", "POSTROUTING"), "filter": ("FORWARD",)}[table]
        chains = [f"own{table}{place}" for place in range(random.randint(0, 2))]
        lines = [f"*{table}", *(f":{hook} {random.choice(('ACCEPT',) * 9 + ('DROP',))}" for hook in hooks)]
        lines += [f":{chain} {random.choice(('ACCEPT', 'DROP', 'RETURN'))}" for chain in chains]
        for hook in hooks:
            lines += [self.ebtables_rule(hook, hook, chains) for _ in range(random.choice((0, 1, 3, 5)))]
        for place, chain in enumerate(chains):
            for _ in range(random.choice((1, 2, 3))):
                lines.append(self.ebtables_rule(chain, "", chains[place + 1 :]))
        return "\n".join([*lines, ""])

    def ebtables_rule(self, chain: str, hook: str, chains: list[str]) -> str:
        random = self.random
        no = random.choice(("", "", "! "))
        mac, address, port = random.choice(PORT_MACS), random.choice(CLIENTS), random.choice(PORTS)
        words = [f"-A {chain}"]
        if random.random() < 0.6:
            choices = [
                f"-p ARP {no}--arp-ip-src {address}",
                f"-p ARP {no}--arp-ip-dst {address}/31",
                f"-p ARP {no}--arp-op {random.choice(('Request', 'Reply'))}",
                f"-p ARP {no}--arp-mac-src {mac}",
                f"-p IPv4 {no}--ip-src {address}",
                f"-p IPv4 {no}--ip-dst {address}/31",
                f"-p IPv4 {no}--ip-proto {random.choice(('tcp', 'udp', 'icmp'))}",
                f"-p IPv4 --ip-proto tcp {no}--ip-dport {port}",
                f"-p IPv4 --ip-proto udp {no}--ip-dport {port}:{port + 30}",
                f"{no}-p ARP",
                f"{no}-p IPv4",
            ]
            words.append(random.choice(choices))
        choices = [f"{no}-s {mac}", f"{no}-d {mac}", "-d Broadcast", f"{no}-d Unicast", f"--among-src {mac}"]
        choices += [f"--among-src {PORT_MACS[0]}={CLIENTS[0]},{PORT_MACS[1]}={CLIENTS[3]}"]
        if hook in ("PREROUTING", "FORWARD"):
            choices += [f"{no}-i {random.choice(('p1', 'p2', 'p+'))}"] * 2
        if hook in ("POSTROUTING", "FORWARD"):
            choices += [f"{no}-o {random.choice(('p1', 'p2', 'p+'))}"] * 2
        words.append(
            random.choice((random.choice(choices), "", f"--mark 0x1/0x1 {random.choice(choices[:4])}"))
        )
        targets = ["ACCEPT", "DROP", "DROP", "CONTINUE", *chains, *chains]
        if not hook:
            targets.append("RETURN")
        if random.random() < 0.15:
            targets.append(f"mark --mark-set 0x1 --mark-target {random.choice(('CONTINUE', 'ACCEPT'))}")
        return " ".join([*words, "-j", random.choice(targets)])
