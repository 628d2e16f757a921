"""What a probe will do, in plain sentences, before it is done."""

from __future__ import annotations

from mitate.collect.probe.plan import GRACE_S, NOBODY, How, Plan, Shot

_SENDERS = {
    How.STACK: "From {place}",
    How.INJECT: "At {place} {device}, as if it came in there{sender}",
}


def describe(plan: Plan) -> list[str]:
    """What will be sent from where, how often, and what is put on the hosts meanwhile."""
    said = [f"{shot_in_words(shot, shot.times)}." for shot in plan.shots]
    if plan.shots:
        said.append(
            f"{_packets(plan.packets)} in all, at most one a second; each has a mark of 16 bytes and no data."
        )
        said.append(
            "The addresses are real, so answers go to their real owners. Connection tracking remembers each"
            " packet for up to two minutes, and neighbour tables the addresses, as after any ping."
        )
    for host, namespaces in plan.watch.items():
        where = "1 network namespace" if len(namespaces) == 1 else f"{len(namespaces)} network namespaces"
        said.append(
            f"On {host} one process (Python, as root) listens in {where} for {plan.lasts_s:.0f} s: for what"
            " carries the mark, for ARP about these addresses, and for the kernel's reasons to drop either."
        )
        devices = [s.device for s in plan.shots if s.how is How.INJECT and s.host == host]
        if devices:
            said.append(
                f"On {host} a veth pair with a BPF program leads to {' and '.join(dict.fromkeys(devices))}"
                " meanwhile; guests, bridges and their tables are not touched."
            )
    if plan.overhear:
        said.append(
            f"Real traffic of {', '.join(plan.overhear)} is listened to as well, headers only:"
            " no content is kept or shown."
        )
    said.append(
        "All of it is held by these processes and goes with them: when they are done, when the connection is"
        f" lost, when they are killed, and at the latest {GRACE_S} s after their time. Nothing stays there."
    )
    return said


def shot_in_words(shot: Shot, times: int) -> str:
    """One kind of packet, without a full stop."""
    place = f"{shot.host} {shot.namespace}".strip()
    if shot.proto == "arp":
        asks = "" if shot.src == NOBODY else f", tell {shot.src}"
        return f"From {place} on {shot.device}: {times} x ARP who has {shot.dst}{asks}"
    sender = f" from {shot.sender}" if shot.sender else ""
    begins = _SENDERS[shot.how].format(place=place, device=shot.device, sender=sender)
    what = {"icmp": "ICMP echo request", "tcp": "TCP SYN", "udp": "UDP"}[shot.proto]
    left, right = shot.src, shot.dst
    if shot.proto != "icmp":
        left, right = f"{left}:{shot.sport}", f"{right}:{shot.dport}"
    tag = f", VLAN {shot.vlan}" if shot.vlan else ""
    df = ", don't fragment" if shot.df else ""
    return f"{begins}: {times} x {what} {left} → {right}, {shot.size} bytes{df}{tag}"


def _packets(count: int) -> str:
    return "One packet" if count == 1 else f"{count} packets"
