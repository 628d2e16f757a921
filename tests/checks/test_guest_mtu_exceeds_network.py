from __future__ import annotations

from typing import Any

from mitate.analyze.checks.guest_mtu_exceeds_network import guest_mtu_exceeds_network
from mitate.model.cloud import Network
from mitate.model.diagnosis import Confidence, State
from mitate.model.net import IpCounters, Traffic

CHECK = guest_mtu_exceeds_network
NET = "79c6eed6-7afe-48eb-87a0-2beff868846b"


def sent(wired: Any, packets: int, octets: int, failed: int) -> None:
    wired.change(Traffic, rx_packets=packets, rx_bytes=octets)
    wired.change(IpCounters, lambda counters: counters.source.host == "compute1", frag_fails=failed)


def second_guest(wired: Any, packets: int, octets: int) -> None:
    port = wired.another(7, host="compute1", vif_type="bridge")
    said = {"namespace": "", "seconds": 1.0, "tx_packets": 0, "tx_bytes": 0}
    wired.add(Traffic, "compute1", link=port.tap, rx_packets=packets, rx_bytes=octets, **said)


def test_problem_pings_of_full_size(wired: Any) -> None:
    """ping -s 1472 from a guest with an MTU of 1500: 1514 bytes a frame, measured on the tap."""
    sent(wired, 10, 15140, 10)
    finding = wired.only(CHECK)
    assert finding.subject.name == "port 10.10.0.246 of server vm1"
    assert finding.subject.host == "compute1"
    assert finding.confidence is Confidence.CONFIRMED


def test_problem_mixed_with_small_packets_of_the_only_guest(wired: Any) -> None:
    """A download: SYN-ACK and ACKs bring the average below the limit, but nobody else could have done it."""
    sent(wired, 14, 10 * 1514 + 4 * 66, 10)
    assert wired.only(CHECK).confidence is Confidence.INFERRED


def test_problem_is_told_apart_from_a_busy_neighbour(wired: Any) -> None:
    sent(wired, 10, 15140, 10)
    second_guest(wired, 1000, 60_000)
    assert "vm1" in wired.only(CHECK).says


def test_ok_with_super_packets(wired: Any) -> None:
    """A virtio guest hands over 64 KiB at once, and the host cuts them: nothing fails."""
    sent(wired, 100, 6_000_000, 0)
    assert wired.state(CHECK) is State.OK


def test_ok_when_several_could_have_done_it(wired: Any) -> None:
    sent(wired, 1000, 800_000, 3)
    second_guest(wired, 1000, 900_000)
    assert wired.state(CHECK) is State.OK


def test_ok_when_the_host_failed_for_its_own_packets(wired: Any) -> None:
    """FragFails grows, and no guest sent enough bytes for that."""
    sent(wired, 20, 2000, 10)
    assert wired.state(CHECK) is State.OK


def test_ok_on_a_jumbo_network(wired: Any) -> None:
    wired.change(Network, lambda network: network.id == NET, mtu=8950)
    sent(wired, 10, 15140, 10)
    assert wired.state(CHECK) is State.OK


def test_ok_when_nobody_sent_anything(wired: Any) -> None:
    sent(wired, 0, 0, 4)
    assert wired.state(CHECK) is State.OK


def test_unknown_without_counters(wired: Any) -> None:
    wired.drop(IpCounters)
    wired.drop(Traffic)
    wired.world.gap("compute1", Traffic, IpCounters)
    assert wired.state(CHECK) is State.UNKNOWN
