"""Random rules, loaded into a real kernel, and real packets; the model must say the same: what passes,
where it comes out, with which addresses, and what is sent back.

``MITATE_NETFILTER=4000 pytest tests/trace/netfilter/test_kernel.py`` tries that many sets of rules.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from random import Random

import pytest

from mitate.analyze.trace.netfilter import Firewall
from mitate.analyze.trace.packet import Packet, number
from tests.trace.netfilter import kernel, oracle, random_nft
from tests.trace.netfilter.kernel import Box, Seen
from tests.trace.netfilter.random_rules import HOOKS, PORT_MACS, Maker

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(kernel.tool("conntrack") is None, reason="conntrack is not installed"),
    pytest.mark.timeout(3600),
]
RULESETS = int(os.environ.get("MITATE_NETFILTER") or "0")
SEED = int(os.environ.get("MITATE_SEED") or "1000000")
PACKETS = 25
SETS = """create addresses hash:ip
add addresses 10.1.0.10
add addresses 10.2.0.11
create nets hash:net
add nets 10.1.0.0/24
add nets 10.1.0.11 nomatch
add nets 203.0.113.0/25
create services hash:ip,port
add services 10.2.0.10,tcp:80
add services 10.2.0.11,udp:53
add services 10.2.0.12,icmp:echo-request
create netports hash:net,port
add netports 10.2.0.0/24,tcp:443
create ports bitmap:port range 0-1023
add ports 22
add ports 53
create range bitmap:ip range 10.1.0.0-10.1.0.127
add range 10.1.0.12
"""
EMPTY = "".join(
    f"*{table}\n" + "".join(f":{hook} ACCEPT\n" for hook in hooks) + "COMMIT\n"
    for table, hooks in HOOKS.items()
)
KNOWN = (
    ("addresses", "src"),
    ("addresses", "dst"),
    ("nets", "src"),
    ("nets", "dst"),
    ("services", "dst,dst"),
    ("netports", "dst,dst"),
    ("ports", "dst"),
    ("range", "src"),
)


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    found = kernel.router(f"nft-t-{os.getpid() % 100000}")
    yield found
    found.close()


def answer(random: Random, seen: Seen) -> Packet | None:
    """What the other side sends back: a reply, or an ICMP error about the packet."""
    got = seen.packet
    if got.inner is not None:
        return None
    mac = kernel.LEFT_MAC if seen.at == "ra" else kernel.RIGHT_MAC
    back = got.but(src=got.dst, dst=got.src, smac=mac, dmac=f"02:00:00:00:0{seen.at[1]}:fe", ttl=64, mark=0)
    if random.random() < 0.25:
        who = random.choice((got.dst, number("10.2.0.99")))
        back = Packet(
            src=who, dst=got.src, icmp_type=random.choice((3, 11)), icmp_code=1, inner=got, smac=mac
        )
        back = back.but(dmac=f"02:00:00:00:0{seen.at[1]}:fe")
    elif got.proto == "icmp":
        back = back.but(icmp_type=0)
    else:
        back = back.but(sport=got.dport, dport=got.sport, flags="SA" if got.flags == "S" else "A")
    return back.but(size=kernel.size(back))


def converse(box: Box, random: Random, maker: Maker, firewall: Firewall) -> int:
    """Packets of new connections, what is answered, and what follows. How many were compared."""
    box.tool("conntrack", "-F")  # what it remembers is of other rules
    walk = oracle.Walk(firewall)
    compared = skipped = 0
    for _ in range(PACKETS):
        way, packet = maker.packet()
        differs, seen = oracle.compare(box, walk, way, packet)
        said = [packet.flags, *walk.says]
        compared += 1
        if not differs and not walk.refused and seen is not None and seen.at != "local":
            back = answer(random, seen)
            if back is not None:
                differs, seen = oracle.compare(box, walk, seen.at, back)
                compared += 1
            if not differs and not walk.refused and any("(its reply)" in one for one in walk.says):
                said += walk.says
                more = packet.but(flags="A")
                differs, _ = oracle.compare(box, walk, way, more)
                compared += 1
        if [one for one in walk.assumed if "both backends" not in one]:  # the kernel may do otherwise
            skipped += 1
        else:
            assert not differs, "\n".join((differs, "before:", *said))
    return compared - skipped


def repeat(seconds: float, once: Callable[[int], int], enough: int) -> None:
    """As many sets of rules as were asked for, else as many as fit into some seconds."""
    end = time.monotonic() + seconds
    compared = rulesets = 0
    while rulesets < RULESETS or (not RULESETS and time.monotonic() < end):
        compared += once(SEED + rulesets)
        rulesets += 1
    print(f"{compared} packets, {rulesets} sets of rules, seed {SEED}")
    assert compared >= (0 if RULESETS else enough)


@pytest.mark.parametrize("backends", ["nft", "legacy", "legacy nft"])
def test_iptables(box: Box, backends: str) -> None:
    with_sets = kernel.tool("ipset") is not None
    if with_sets:
        box.tool("ipset", "restore", "-exist", given=SETS)
    sets = oracle.sets(box.tool("ipset", "save")) if with_sets else []

    def once(seed: int) -> int:
        random = Random(seed)
        maker = Maker(random, KNOWN if with_sets else ())
        chains, rules = [], []
        for backend in backends.split():
            text = "".join(maker.table(table) for table in ("raw", "mangle", "nat", "filter"))
            box.exec(f"iptables-{backend}-restore", given=text)
            facts = oracle.facts(box.exec(f"iptables-{backend}-save"), backend == "legacy")
            chains += facts[0]
            rules += facts[1]
        try:
            firewall = Firewall("h", "r", chains, rules, sets, addresses=kernel.addresses())
            return converse(box, random, maker, firewall)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}\n{error}\n" + "\n".join(rule.rule for rule in rules)) from None

    try:
        repeat(3, once, 100)
    finally:
        for backend in backends.split():
            box.exec(f"iptables-{backend}-restore", given=EMPTY)


def load(box: Box, ruleset: str) -> None:
    """Without the rules that contradict themselves, which nft refuses."""
    lines = ruleset.splitlines()
    while True:
        try:
            box.tool("nft", "-f", "-", given="\n".join(lines) + "\n")
            return
        except RuntimeError as error:
            wrong = {int(found) for found in re.findall(r"/dev/stdin:(\d+):\d+-\d+: Error", str(error))}
            if not wrong:
                raise
            lines = [line for place, line in enumerate(lines, start=1) if place not in wrong]


@pytest.mark.skipif(kernel.tool("nft") is None, reason="nft is not installed")
def test_nftables(box: Box) -> None:
    def once(seed: int) -> int:
        random = Random(seed)
        load(box, random_nft.ruleset(random))
        listed = box.tool("nft", "-j", "list", "ruleset")
        chains, rules, sets = oracle.nft_facts(listed)
        firewall = Firewall("h", "r", (), (), (), chains, rules, sets, addresses=kernel.addresses())
        try:
            return converse(box, random, Maker(random), firewall)
        except AssertionError as error:
            told = "\n".join(f"{rule.chain}: {rule.expression}" for rule in rules)
            raise AssertionError(f"seed {seed}\n{error}\n{told}") from None

    try:
        repeat(3, once, 100)
    finally:
        box.tool("nft", "flush", "ruleset")


def test_bridge() -> None:
    """Frames through ebtables, and bridged IP packets through iptables with their ports (physdev)."""
    box = kernel.bridge(f"nft-t-{os.getpid() % 100000}br", PORT_MACS)
    ports = {mac: f"p{place}" for place, mac in enumerate(PORT_MACS, start=1)}

    def once(seed: int) -> int:
        random = Random(seed)
        maker = Maker(random, bridge=True)
        box.exec(
            "iptables-nft-restore", given="".join(maker.table(one) for one in ("raw", "mangle", "filter"))
        )
        box.exec("ebtables-restore", given="".join(maker.ebtables(one) for one in ("nat", "filter")))
        box.tool("conntrack", "-F")
        chains, rules = oracle.facts(box.exec("iptables-nft-save"))
        frames = oracle.facts(box.exec("ebtables-save"), family="bridge")
        walk = oracle.BridgeWalk(Firewall("h", "r", chains + frames[0], rules + frames[1]))
        for _ in range(PACKETS):
            port, packet = maker.frame()
            mark = box.next()
            wanted = walk.frame(port, packet, ports)
            box.send(port, packet, mark)
            seen = {one.at for one in box.collect(mark, bool(wanted))}
            told = "\n".join((*walk.says, *(rule.rule for rule in walk.firewall._rules)))
            assert seen == wanted, f"seed {seed}\n{port} {packet} {packet.smac} {packet.dmac}\n{told}"
            assert not walk.assumed, walk.assumed
        return PACKETS

    try:
        repeat(3, once, 100)
    finally:
        box.close()
