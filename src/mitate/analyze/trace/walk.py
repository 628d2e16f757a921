"""One packet on its way: where it comes in, what is done to it there, and where it leaves.

A walk is followed from device to device; each kind of device has a file of its own. It carries all sizes at
once: a limit on the way takes those that are too big. After a failure it goes on as if nothing had happened,
where there is a way on, so that every failure on the way is found and not only the first.
"""

from __future__ import annotations

from collections.abc import Iterable

from mitate.analyze.trace import bridge, ovs, router, tunnels, wire
from mitate.analyze.trace.book import Book
from mitate.analyze.trace.ends import End
from mitate.analyze.trace.packet import Packet
from mitate.analyze.trace.space import Device, Space
from mitate.analyze.trace.world import is_wire
from mitate.model.diagnosis import Evidence
from mitate.model.source import Fact
from mitate.model.trace import Disposition

MOST_STEPS = 2000
"""More moves than any real way has; beyond it the packet goes in circles."""


class Walk(Book):
    """One packet in one direction, from device to device."""

    # -- from device to device ----------------------------------------------------------------------------

    def receive(self, device: Device, packet: Packet) -> End:
        """A frame comes in at a device."""
        self.enter(device)
        self.moves += 1
        if self.moves > MOST_STEPS:
            return self.stop("RTR_LOOP", "it goes in circles", "loop", device, Disposition.LOOP)
        if device.name in device.space.controlled:
            where = f"{device.name} of {device.space.host}"
            self.common.assume(f"tc filters sit on {where}: taken as letting it pass (UNSUPPORTED_TC)")
        if device.link.xdp:
            self.unseen(
                "UNSUPPORTED_XDP", f"an XDP program sits on {device.name} of {device.space.host}", device
            )
        if not device.up:
            end = self.down(device)
            if packet.arp or device.space.guest:
                return end
        if device.bridge is not None:
            return bridge.cross(self, device.bridge, device, packet)
        switch = device.space.switch
        stack = self.world.is_internal(device.space.host, device.name)  # the switch hands it to the stack
        if switch is not None and switch.has(device.name) and not stack:
            return ovs.cross(self, device, packet)
        if device.port is not None and device.name.startswith("tap") and not device.space.name:
            return bridge.outside_of_it(self, device, packet)
        if packet.vlan is not None:
            upper = device.vlans.get(packet.vlan)
            if upper is None:
                return End(Disposition.DROPPED, device, packet)
            self.step("vlan", f"tag {packet.vlan} off: {upper.name}")
            return self.receive(upper, packet.but(vlan=None))
        return router.receive(self, device, packet)

    def transmit(self, device: Device, packet: Packet) -> End:
        """A frame goes out by a device."""
        if self.sent is None:
            self.sent = packet
        if not device.up:
            end = self.down(device)
            if packet.arp:
                return end
        if self.world.is_internal(device.space.host, device.name) and not device.space.guest:
            return ovs.cross(self, device, packet)
        match device.kind:
            case "bridge":
                return bridge.cross(self, device, None, packet)
            case "vxlan":
                return tunnels.vxlan(self, device, packet)
            case "gre" | "gretap":
                return tunnels.gre(self, device, packet)
            case "vlan":
                lower = device.space.devices.get(device.link.lower)
                if lower is None:
                    return self.peerless(device)
                self.step("vlan", f"tag {device.link.vlan_id} on: {lower.name}")
                return self.transmit(lower, packet.but(vlan=device.link.vlan_id))
        self.leave(device)
        card = self.world.card_behind(device)
        if card is not None:
            return self.receive(card, packet)
        if device.space.guest:
            return self._from_guest(device, packet)
        if is_wire(device):
            return wire.carry(self, device, packet)
        if device.kind == "veth":
            peer = device.peer
            if peer is None:
                return self.peerless(device)
            # a veth takes no frame that its other end could not (is_skb_forwardable: 4 bytes more for a tag)
            self.too_big(
                peer.mtu + 4,
                "TUN_INNER_TOO_BIG_BRIDGE",
                f"{peer.name} takes no more than {peer.mtu} bytes, and says nothing",
                peer,
                Disposition.TOO_BIG_SILENT,
                (peer.link,),
            )
            return self.receive(peer, packet)
        if device.kind in ("tun", "tap"):
            self.unseen("INSUFFICIENT_INFO_NETNS", f"nobody knows who is behind {device.name}", device)
            return End(Disposition.INSUFFICIENT_INFO, device, packet)
        self.unseen(
            "INSUFFICIENT_INFO_TABLE", f"what a device of kind {device.kind} does is not modelled", device
        )
        return End(Disposition.UNSUPPORTED, device, packet)

    def _from_guest(self, nic: Device, packet: Packet) -> End:
        """A server's card leads to its tap on the host that Neutron bound it to."""
        port = nic.port
        assert port is not None
        tap = self.world.tap(port)
        if tap is not None:
            return self.receive(tap, packet)
        host = self.world.space(port.host)
        hidden = f"host {port.host or 'of the server'} could not be seen"
        if host is None or (hidden := self.world.hides(port.host)):
            self.unseen("INSUFFICIENT_INFO_HOST", hidden, host)
            return End(Disposition.INSUFFICIENT_INFO, nic, packet)
        return self.stop(
            "TAP_MISSING",
            f"there is no {port.tap} on {port.host}",
            "bridge_lookup",
            nic,
            seen=(
                Evidence.of(port),
                *(d.evidence(f"no {port.tap}") for d in list(host.devices.values())[:1]),
            ),
        )

    # -- ends ---------------------------------------------------------------------------------------------

    def stop(
        self,
        code: str,
        says: str,
        kind: str,
        at: Device | Space | None,
        disposition: Disposition = Disposition.DROPPED,
        seen: Iterable[Fact | Evidence | None] = (),
    ) -> End:
        """A failure after which there is no way on."""
        self.fail(code, says, kind, at, disposition, seen)
        return End(disposition, at if isinstance(at, Device) else None)

    def down(self, device: Device) -> End:
        """The device is down, or has no carrier."""
        code, what = "LINK_DOWN", "is down"
        if device.space.guest:
            says = f"server {device.space.guest} is not running"
            return self.stop("EP_NOT_RUNNING", says, "local_deliver", device, seen=(device.link,))
        if device.name.startswith(("qr-", "qg-", "sg-", "ha-")):
            code = "RTR_IFACE_DOWN"
        elif self.outer or (is_wire(device) and device.addresses):
            code = "TUN_LINK_DOWN"
        elif device.name.startswith("tap") and device.link.up:
            code, what = "EP_NOT_RUNNING", "has no carrier: nobody holds its other end"
        says = f"{device.name} on {device.space.host} {what}"
        return self.stop(code, says, "bridge_lookup", device, seen=(device.link,))

    def peerless(self, device: Device) -> End:
        """The other end of a cable is not there."""
        return self.stop(
            "LINK_PEER_MISSING",
            f"nobody saw what {device.name} on {device.space.host} is connected to",
            "bridge_lookup",
            device,
            Disposition.INSUFFICIENT_INFO,
            (device.link,),
        )
