"""What a rule of iptables does: one function for each target, which makes an act of its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mitate.analyze.trace.conntrack import UNTRACKED
from mitate.analyze.trace.netfilter import nat
from mitate.analyze.trace.netfilter.rule import ACCEPT, DROP, REJECT, RETURN, Act, Rule
from mitate.analyze.trace.netfilter.skb import Skb
from mitate.analyze.trace.netfilter.words import Doubtful, Option, flags, masked, span, whole
from mitate.analyze.trace.packet import UNREACHABLE, Packet, network, number

ALL = 0xFFFFFFFF


def decide(verdict: str) -> Act:
    def act(skb: Skb, rule: Rule) -> str:
        skb.by = rule.fact
        skb.step("filter", f"{rule.where(skb.hook)} {rule.does}", rule.evidence)
        return verdict

    return act


def accept(_options: Sequence[Option]) -> Act:
    return decide(ACCEPT)


def drop(_options: Sequence[Option]) -> Act:
    return decide(DROP)


def back(_options: Sequence[Option]) -> Act:
    return lambda _skb, _rule: RETURN


def nothing(_options: Sequence[Option]) -> Act:
    """Counts, logs, changes what no rule of ours looks at."""
    return lambda _skb, _rule: None


UNREACHABLES = {
    "icmp-net-unreachable": 0,
    "icmp-host-unreachable": 1,
    "icmp-proto-unreachable": 2,
    "icmp-port-unreachable": 3,
    "icmp-net-prohibited": 9,
    "icmp-host-prohibited": 10,
    "icmp-admin-prohibited": 13,
}


def reject(options: Sequence[Option]) -> Act:
    option = flags(options, "--reject-with").get("--reject-with")
    return rejecting(option.value if option else "icmp-port-unreachable")


def rejecting(how: str) -> Act:
    if how != "tcp-reset" and how not in UNREACHABLES:
        raise Doubtful(f"--reject-with {how} is not modelled")

    def act(skb: Skb, rule: Rule) -> str:
        skb.by = rule.fact
        skb.answer = answer(skb, how)
        skb.answer_track = skb.tracked.answer() if skb.tracked is not None else None
        skb.step("filter", f"{rule.where(skb.hook)} REJECT with {how}", rule.evidence)
        return REJECT

    return act


def answer(skb: Skb, how: str) -> Packet | None:
    """What is sent back: a reset in the name of whom the packet was for, or an ICMP error. The kernel chooses
    the address of that by route: src 0 stands for it, except where the packet was for the namespace itself
    (INPUT, or OUTPUT to an own address): then it is the packet's destination (icmp_send, RTCF_LOCAL). A
    reset is not answered, nor an ICMP error."""
    packet = skb.now()
    if how == "tcp-reset":
        if packet.proto != "tcp" or "R" in packet.flags:
            return None
        return packet.but(
            src=packet.dst,
            dst=packet.src,
            sport=packet.dport,
            dport=packet.sport,
            flags="R" if "A" in packet.flags else "RA",
            size=40,
            ttl=64,
            mark=0,
        )
    if packet.proto == "icmp" and packet.icmp_type not in (0, 8, 13, 14):
        return None
    own = skb.hook == "INPUT" or any(packet.dst in its for its in skb.addresses.values())
    return Packet(
        src=packet.dst if own else 0,
        dst=packet.src,
        icmp_type=UNREACHABLE,
        icmp_code=UNREACHABLES[how],
        size=min(packet.size + 28, 576),
        df=False,
        inner=packet,
    )


def queue(_options: Sequence[Option]) -> Act:
    def act(skb: Skb, rule: Rule) -> str:
        skb.assume(f"{rule.where(skb.hook)}: a program decides; it is taken to accept")
        return ACCEPT

    return act


def tcpmss(options: Sequence[Option]) -> Act:
    """The largest segment that the two will agree on; only told."""
    given = flags(options, "--clamp-mss-to-pmtu", "--set-mss")
    what = f"set to {given['--set-mss'].value}" if "--set-mss" in given else "clamped to the path MTU"

    def act(skb: Skb, rule: Rule) -> None:
        skb.step("mtu", f"{rule.where(skb.hook)}: the TCP MSS is {what}", rule.evidence)

    return act


def ttl(options: Sequence[Option]) -> Act:
    ((name, option),) = flags(options, "--ttl-set", "--ttl-dec", "--ttl-inc").items()
    value = whole(option.value)

    def act(skb: Skb, _rule: Rule) -> None:
        was = skb.packet.ttl
        to = {"--ttl-set": value, "--ttl-dec": was - value, "--ttl-inc": was + value}[name]
        skb.packet = skb.packet.but(ttl=min(max(to, 0), 255))

    return act


# Marks --------------------------------------------------------------------------------------------------


def mark(options: Sequence[Option]) -> Act:
    given = flags(options, "--set-mark", "--set-xmark", "--and-mark", "--or-mark", "--xor-mark")
    if len(given) != 1:
        raise ValueError("MARK takes one option")
    ((name, option),) = given.items()
    clear, flip = bits(name, option.value)

    def act(skb: Skb, rule: Rule) -> None:
        skb.mark = (skb.mark & ~clear & ALL) ^ flip
        skb.marked_by = rule

    return act


def bits(name: str, text: str) -> tuple[int, int]:
    """(what to clear, what to flip) of --set-mark and the like; iptables-save prints --set-xmark."""
    value, mask = masked(text)
    match name:
        case "--set-xmark":
            return mask, value
        case "--set-mark":
            return mask | value, value
        case "--and-mark":
            return ~whole(text) & ALL, 0
        case "--or-mark":
            return whole(text), whole(text)
    return 0, whole(text)


def connmark(options: Sequence[Option]) -> Act:
    given = {option.name: option for option in options}
    ctmask = whole(given["--ctmask"].value) if "--ctmask" in given else ALL
    nfmask = whole(given["--nfmask"].value) if "--nfmask" in given else ALL
    if "--mask" in given:
        ctmask = nfmask = whole(given["--mask"].value)
    if "--save-mark" in given:

        def save(skb: Skb, _rule: Rule) -> None:
            if skb.tracked and (connection := skb.tracked.connection):
                connection.mark = (connection.mark & ~ctmask & ALL) ^ (skb.mark & nfmask)

        return save
    if "--restore-mark" in given:

        def restore(skb: Skb, rule: Rule) -> None:
            if skb.tracked and (connection := skb.tracked.connection):
                skb.mark = (skb.mark & ~nfmask & ALL) ^ (connection.mark & ctmask)
                skb.marked_by = rule

        return restore
    name, option = next(iter(given.items()))
    flags(options, "--set-mark", "--set-xmark", "--and-mark", "--or-mark", "--xor-mark")
    clear, flip = bits(name, option.value)

    def put(skb: Skb, _rule: Rule) -> None:
        if skb.tracked and (connection := skb.tracked.connection):
            connection.mark = (connection.mark & ~clear & ALL) ^ flip

    return put


# Connection tracking ------------------------------------------------------------------------------------


def notrack(_options: Sequence[Option]) -> Act:
    def act(skb: Skb, rule: Rule) -> None:
        if skb.tracked is None and skb.zone is None:
            skb.track(UNTRACKED)
            skb.notrack = rule
            skb.step("conntrack_lookup", f"{rule.where(skb.hook)}: not tracked", rule.evidence)

    return act


def ct(options: Sequence[Option]) -> Act:
    given = flags(options, "--notrack", "--zone", "--helper", "--ctevents", "--expevents", "--timeout")
    if "--notrack" in given:
        return notrack(())
    word = given["--zone"].value if "--zone" in given else "0"
    if word == "mark":
        raise Doubtful("--zone mark is not modelled")
    zone = whole(word)

    def act(skb: Skb, _rule: Rule) -> None:
        if skb.tracked is None and skb.zone is None:
            skb.zone = zone

    return act


# Addresses ----------------------------------------------------------------------------------------------


def dnat(options: Sequence[Option]) -> Act:
    given = flags(options, "--to-destination", "--random", "--persistent")
    where, ports = target(given["--to-destination"].value)
    return nat.either(where, ports)


def snat(options: Sequence[Option]) -> Act:
    given = flags(options, "--to-source", "--random", "--random-fully", "--persistent")
    where, ports = target(given["--to-source"].value)
    return nat.either(where, ports, _is_drawn(given))


def masquerade(options: Sequence[Option]) -> Act:
    given = flags(options, "--to-ports", "--random", "--random-fully")
    ports = span(given["--to-ports"].value, "-") if "--to-ports" in given else None
    return nat.masquerade(ports, _is_drawn(given))


def _is_drawn(given: Mapping[str, Option]) -> bool:
    """Whether the port is left to chance."""
    return "--random" in given or "--random-fully" in given


def redirect(options: Sequence[Option]) -> Act:
    given = flags(options, "--to-ports", "--random")
    return nat.redirect(span(given["--to-ports"].value, "-") if "--to-ports" in given else None)


def netmap(options: Sequence[Option]) -> Act:
    address, mask, _ = network(flags(options, "--to")["--to"].value)
    return nat.netmap(address, mask)


def target(text: str) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """((first, last) address, (first, last) port) of "10.0.0.5-10.0.0.9:80-90", ":80"."""
    addresses, _, ports = text.partition(":")
    low, _, high = addresses.partition("-")
    where = (number(low), number(high or low)) if low else None
    return where, span(ports.partition("/")[0], "-") if ports else None


TARGETS: Mapping[str, Callable[[Sequence[Option]], Act]] = {
    "ACCEPT": accept,
    "DROP": drop,
    "RETURN": back,
    "REJECT": reject,
    "QUEUE": queue,
    "NFQUEUE": queue,
    "MARK": mark,
    "CONNMARK": connmark,
    "CT": ct,
    "NOTRACK": notrack,
    "DNAT": dnat,
    "SNAT": snat,
    "MASQUERADE": masquerade,
    "REDIRECT": redirect,
    "NETMAP": netmap,
    "TCPMSS": tcpmss,
    "TTL": ttl,
}
QUIET = frozenset(
    {
        "",
        "LOG",
        "NFLOG",
        "ULOG",
        "AUDIT",
        "CHECKSUM",
        "CLASSIFY",
        "CONNSECMARK",
        "SECMARK",
        "DSCP",
        "TOS",
        "ECN",
    }
    | {"IDLETIMER", "LED", "RATEEST", "TRACE", "TCPOPTSTRIP", "TEE"}
)
"""Targets that change nothing that the walk looks at."""
