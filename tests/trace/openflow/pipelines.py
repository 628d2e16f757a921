"""Random tables of flows with every match and action that is modelled, and random packets for them."""

from __future__ import annotations

from random import Random

from mitate.analyze.trace.packet import Packet
from tests.trace.openflow.compare import Probe
from tests.trace.openflow.rig import Rig

MACS = [f"fa:16:3e:00:00:0{n}" for n in range(1, 7)]
GROUP_MACS = ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:05", "01:80:c2:00:00:0e"]
IPS = ["10.0.0.1", "10.0.0.2", "10.0.1.7", "192.168.5.9"]
TAPS = ["t1", "t2", "t3", "t4", "t5", "t6", "t7"]
TABLES = 8
STATES = ["trk,new", "trk,est", "trk,est,rpl", "trk,inv", "trk,new,rel", "trk,rel,rpl"]
REMOTES = ["172.16.0.2", "172.16.0.3"]
HERE = "172.16.0.1"


def number(text: str) -> int:
    a, b, c, d = map(int, text.split("."))
    return a << 24 | b << 16 | c << 8 | d


def build(rig: Rig) -> None:
    """br-int with ports of every VLAN mode, br-ext behind a patch, br-tun behind another."""
    rig.bridge(
        "br-int",
        "t1 tag=1",
        "t2 tag=1",
        "t3 tag=2",
        "t4",
        "t5 trunks=1,3",
        "t6 tag=1 vlan_mode=native-untagged",
        "t7 tag=2 vlan_mode=native-tagged",
        "int-ext / type=patch options:peer=ext-int",
        "patch-tun / type=patch options:peer=patch-int",
        "broken / type=patch options:peer=nobody",
    )
    rig.bridge("br-ext", "eth1", "ext-int / type=patch options:peer=int-ext", secure=False)
    rig.bridge(
        "br-tun",
        "patch-int / type=patch options:peer=patch-tun",
        f"vx2 / type=vxlan options:remote_ip={REMOTES[0]} options:local_ip={HERE} options:key=flow",
        f"vx3 / type=vxlan options:remote_ip={REMOTES[1]} options:local_ip={HERE} options:key=77",
        "vxf / type=vxlan options:remote_ip=flow options:key=flow options:dst_port=4790",
        "gr2 / type=gre options:remote_ip=172.16.0.9 options:in_key=flow options:out_key=flow",
    )


class Maker:
    """Flows for one bridge. old: what OpenFlow 1.0 knows: no groups, no instructions."""

    def __init__(self, random: Random, ports: dict[str, int], tracking: bool, old: bool) -> None:
        self.random, self.tracking, self.old = random, tracking, old
        self.ports = {name: number for name, number in sorted(ports.items()) if number != 0xFFFE}
        self.groups: list[str] = []

    def pick(self, items: list[str]) -> str:
        return self.random.choice(items)

    def port(self) -> str:
        return str(self.random.choice([*self.ports.values(), 99, "LOCAL"]))

    def match(self) -> list[str]:
        r = self.random
        words = []
        if r.random() < 0.4:
            words.append(f"in_port={self.port()}")
        if r.random() < 0.2:
            words.append(f"dl_src={self.pick(MACS)}")
        if r.random() < 0.25:
            kinds = [
                *MACS,
                *GROUP_MACS,
                "01:00:00:00:00:00/01:00:00:00:00:00",
                "00:00:00:00:00:00/01:00:00:00:00:00",
            ]
            words.append(f"dl_dst={self.pick(kinds)}")
        if r.random() < 0.2:
            vlans = [
                "dl_vlan=1",
                "dl_vlan=2",
                "vlan_tci=0x0000/0x1fff",
                "vlan_tci=0x1000/0x1000",
                "dl_vlan=3",
            ]
            only = ["vlan_tci=0x0fff/0x1fff", "vlan_tci=0"]  # OpenFlow 1.2 and later cannot say them
            words.append(self.pick([*vlans, "dl_vlan=2,dl_vlan_pcp=0", *(only if self.old else [])]))
        if r.random() < 0.25:
            words.append(f"reg{r.randrange(16)}={r.randrange(3)}")
        if r.random() < 0.15:
            words.append(f"reg{r.randrange(16)}=0x{r.randrange(4):x}/0x{r.choice([1, 3, 0xFF]):x}")
        if r.random() < 0.1:
            words.append(f"metadata=0x{r.randrange(3):x}/0xf")
        if r.random() < 0.1:
            words.append(f"tun_id={r.choice([0, 5, 77])}")
        if r.random() < 0.05:
            words.append(f"tun_src={self.pick(REMOTES)}")
        if r.random() < 0.05:
            words.append(f"pkt_mark=0x{r.randrange(2):x}/0x1")
        if self.tracking and r.random() < 0.3:
            states = ["+trk", "-trk", "+new+trk", "+est-rel-rpl", "+rpl+est", "+inv+trk", "-new+est", "+rel"]
            words.append(f"ct_state={self.pick(states)}")
        if self.tracking and r.random() < 0.15:
            words.append(
                self.pick(["ct_mark=0x1", "ct_mark=0", "ct_zone=5", "ct_zone=0", "ct_label=0x1/0xff"])
            )
        return words + self.layer3()

    def layer3(self) -> list[str]:
        r = self.random
        kind = r.choice(["", "", "ip", "arp", "tcp", "udp", "icmp"])
        if not kind:
            return []
        words = [kind]
        if kind == "arp":
            if r.random() < 0.5:
                words.append(f"arp_spa={self.pick(IPS)}")
            if r.random() < 0.5:
                words.append(f"arp_tpa={self.pick(IPS)}")
            if r.random() < 0.4:
                words.append(f"arp_op={r.choice([1, 2])}")
            if r.random() < 0.2:
                words.append(f"arp_sha={self.pick(MACS)}")
            return words
        if r.random() < 0.4:
            words.append(f"nw_src={self.pick([*IPS, '10.0.0.0/24', '10.0.0.0/8', '0.0.0.1/0.0.0.1'])}")
        if r.random() < 0.4:
            words.append(f"nw_dst={self.pick([*IPS, '10.0.0.0/24', '192.168.0.0/16'])}")
        if r.random() < 0.1:
            words.append(self.pick(["nw_tos=32", "nw_ecn=1", "nw_ttl=64", "nw_frag=no"]))
        if kind in ("tcp", "udp"):
            if r.random() < 0.5:
                words.append(f"tp_dst={self.pick(['22', '67', '80', '0x40/0xffc0', '0x50/0xfff0'])}")
            if r.random() < 0.3:
                words.append(f"tp_src={self.pick(['68', '1024', '0x400/0xfc00'])}")
            if kind == "tcp" and r.random() < 0.2:
                words.append(f"tcp_flags={self.pick(['+syn-ack', '+ack', '-rst'])}")
        if kind == "icmp" and r.random() < 0.6:
            words.append(f"icmp_type={r.choice([0, 8])}")
            if r.random() < 0.4:
                words.append("icmp_code=0")
        return words

    def change(self, match: list[str], instructions: bool = False) -> str:
        """An action on the packet. Some are only accepted in a flow that matches the protocol they change."""
        r = self.random
        register = f"NXM_NX_REG{r.randrange(16)}"
        found = [
            f"load:0x{r.randrange(2):x}->{register}[0..{r.randrange(1, 32)}]",
            f"set_field:0x{r.randrange(4):x}/0xf->reg{r.randrange(16)}",
            f"set_field:0x{r.randrange(1 << 32):x}->xreg{r.randrange(8)}",
            f"move:{register}[0..15]->NXM_NX_REG{r.randrange(16)}[8..23]",
            "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]",
            f"move:NXM_OF_VLAN_TCI[0..11]->{register}[0..11]",
            f"mod_dl_src:{self.pick(MACS)}",
            f"set_field:{self.pick(MACS)}->eth_dst",
            f"set_tunnel:0x{r.choice([5, 6, 77]):x}",
            f"set_field:{self.pick(REMOTES)}->tun_dst",
            f"set_field:{HERE}->tun_src",
            "set_field:0x1->pkt_mark",
            f"push:{register}[]",
            f"pop:NXM_NX_REG{r.randrange(16)}[]",
            f"load:{r.choice([0, 1, 2])}->NXM_OF_IN_PORT[]",
            "note:00.01",
            "learn(table=7,priority=5,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
            "load:0->NXM_OF_VLAN_TCI[],output:NXM_OF_IN_PORT[])",
        ]
        if self.tracking:
            found.append("ct_clear")
        if not self.old and instructions:
            found.append(f"write_metadata:0x{r.randrange(4):x}/0xf")
        untagged = "vlan_tci=0x0000/0x1fff" in match
        if not any("vlan" in word for word in match):
            found += [
                "load:0->NXM_OF_VLAN_TCI[]",
                "load:0x1001->NXM_OF_VLAN_TCI[]",
                "load:2->NXM_OF_VLAN_TCI[0..11]",
            ]
        if any(word.startswith("dl_vlan=") for word in match) or (self.old and untagged):
            found += [f"mod_vlan_vid:{r.choice([1, 2, 3])}", "mod_vlan_pcp:3"] * 2
            found += ["strip_vlan"] * (2 if self.old else 0)
        if any(word.startswith("dl_vlan=") for word in match) and not self.old:
            found += [f"set_field:{4096 + r.choice([1, 2, 3])}->vlan_vid"] * 2
        if not self.old and untagged:
            found += [f"push_vlan:0x8100,set_field:{4096 + r.choice([1, 2, 3])}->vlan_vid"] * 9
        if "arp" in match:
            found += [
                "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]",
                "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]",
                "load:0x2->NXM_OF_ARP_OP[]",
                f"load:0x{number(self.pick(IPS)):x}->NXM_OF_ARP_SPA[]",
                f"set_field:{self.pick(MACS)}->arp_sha",
            ] * 3
        if {"ip", "tcp", "udp", "icmp"} & set(match):
            found += [
                "move:NXM_OF_IP_SRC[]->NXM_NX_REG3[]",
                f"set_field:{self.pick(IPS)}->ip_src",
                f"mod_nw_dst:{self.pick(IPS)}",
                "mod_nw_tos:32",
                "mod_nw_ecn:1",
                "mod_nw_ttl:9",
                "dec_ttl",
            ] * 2
        if "tcp" in match:
            found += ["set_field:80->tcp_dst", "mod_tp_dst:8080"] * 3
        if "udp" in match:
            found += ["set_field:53->udp_src", "mod_tp_src:8080"] * 3
        return r.choice(found)

    def output(self) -> str:
        r = self.random
        return r.choice(
            [f"output:{self.port()}"] * 6
            + ["NORMAL"] * 3
            + ["IN_PORT"] * (self.ports.keys() == {"eth1", "ext-int"})  # elsewhere packets would go round
            + ["LOCAL", "FLOOD", "ALL", "output:NXM_NX_REG1[]", "output:NXM_NX_REG2[0..15]"]
        )

    def actions(self, table: int, match: list[str]) -> str:
        r = self.random
        words = [self.change(match, True) for _ in range(r.randrange(3))]
        if r.random() < 0.05:
            return "drop"
        if r.random() < 0.1:
            words.append(f"clone({self.change([])},{self.output()})")
        if r.random() < 0.1 and not self.old:
            words.append(f"write_actions({self.change_for_set()},output:{self.port()})")
        elif r.random() < 0.05 and not self.old:
            words.append("clear_actions")
        if r.random() < 0.1 and not self.old:
            words.append(f"group:{r.randrange(1, 5)}")
        if not self.tracking and table == TABLES - 1 and r.random() < 0.3:  # it doubles all that follows
            words.append(f"check_pkt_larger({r.choice([60, 98, 114, 1400])})->reg{r.randrange(4)}[0]")
        if r.random() < 0.05:
            words.append(
                f"bundle(eth_src,0,active_backup,ofport,slaves:{self.ports['t1']})"
                if "t1" in self.ports
                else ""
            )
        if r.random() < 0.03:
            words.append("exit")
        later = table + 1 + r.randrange(2)
        if later < TABLES and r.random() < 0.75:
            if r.random() < 0.35:
                words.append(self.output())
            words.append(self.onward(table, later, match))
        else:
            words += [self.output() for _ in range(r.randrange(3))]
        order = [word for word in words if word]
        return ",".join(_in_order(order)) or "drop"

    def change_for_set(self) -> str:
        r = self.random
        return r.choice([f"set_field:{self.pick(MACS)}->eth_dst", "set_field:0x5->tun_id"])

    def onward(self, table: int, later: int, match: list[str]) -> str:
        r = self.random
        if self.tracking and {"ip", "tcp", "udp", "icmp"} & set(match) and r.random() < 0.6:
            mark = r.choice(["", "", ",exec(load:0x1->NXM_NX_CT_MARK[])", ",exec(set_field:0x1->ct_label)"])
            if any("+inv" in word for word in match):  # committing what is invalid is refused
                return f"ct(table={later},zone=5)"
            commit = f"commit{mark}," if mark or r.random() < 0.5 else ""
            zone = r.choice(["zone=5", "zone=NXM_NX_REG6[0..15]", "zone=0"])
            return f"ct({commit}table={later},{zone})"
        if r.random() < 0.3 and not self.old:
            return f"goto_table:{later}"
        if self.tracking:
            return f"resubmit(,{later})"
        return r.choice(
            [f"resubmit(,{later})"] * 3
            + [f"resubmit({self.port()},{later})", f"resubmit(,{later}),{self.output()}"]
            + [f"resubmit(,{later}),{self.change(match)},resubmit(,{min(later + 1, TABLES - 1)})"]
        )

    def table(self, table: int, size: int) -> list[str]:
        r = self.random
        priorities = r.sample(range(10, 60000), size)
        flows = []
        for priority in priorities:
            match = self.match()
            words = ",".join([f"table={table},priority={priority}", *match])
            flows.append(f"{words},actions={self.actions(table, match)}")
        if r.random() < 0.5:
            flows += self.conjunction(table, r.randrange(1, 9))
        if r.random() < 0.6:
            flows.append(f"table={table},priority=0,actions={self.actions(table, [])}")
        return flows

    def conjunction(self, table: int, priority: int) -> list[str]:
        """nw_src in a set and nw_dst or port in another; sometimes a clause nobody can meet."""
        r = self.random
        priority = priority * 1000
        number = r.randrange(1, 1000)
        flows = [
            f"table={table},priority={priority},ip,nw_src={source},actions=conjunction({number},1/2)"
            for source in r.sample(IPS, 3)
        ]
        flows += [
            f"table={table},priority={priority},ip,nw_dst={there},actions=conjunction({number},2/2)"
            for there in r.sample(IPS, r.randrange(1, 4))
        ]
        if r.random() < 0.3:
            other = f"conjunction({number + 1},2/3)"
            flows.append(f"table={table},priority={priority},tcp,tp_dst=80,actions={other}")
        flows.append(
            f"table={table},priority={priority},conj_id={number},ip,actions={self.actions(table, ['ip'])}"
        )
        return flows

    def all_groups(self) -> list[str]:
        r = self.random
        some = list(self.ports.values())
        self.groups = [
            f"group_id=1,type=all,bucket=actions=output:{r.choice(some)},"
            f"bucket=actions=set_field:{self.pick(MACS)}->eth_dst,output:{r.choice(some)}",
            f"group_id=2,type=indirect,bucket=actions=set_field:0x6->tun_id,output:{r.choice(some)}",
            f"group_id=3,type=all,bucket=actions=set_field:0x5->tun_id,output:{r.choice(some)}",
            f"group_id=4,type=ff,bucket=watch_port:{some[0]},actions=resubmit(,7),"
            f"bucket=watch_port:{some[1]},actions=output:{r.choice(some)}",
        ]
        return self.groups


_INSTRUCTIONS = ("clear_actions", "write_actions", "write_metadata", "goto_table")


def _in_order(words: list[str]) -> list[str]:
    """OpenFlow wants instructions behind the actions, in their order, and each of them once."""
    plain = [word for word in words if not word.startswith(_INSTRUCTIONS)]
    found = {name: word for word in words for name in _INSTRUCTIONS if word.startswith(name)}
    return plain + [found[name] for name in _INSTRUCTIONS if name in found]


def probe(random: Random) -> Probe:
    r = random
    interface = r.choice([*TAPS, "br-int", "eth1", "vx2", "vxf", "gr2"])
    src, dst = number(r.choice(IPS)), number(r.choice(IPS))
    smac, dmac = r.choice(MACS), r.choice([*MACS, *MACS, *GROUP_MACS])
    vlan = r.choice([None, None, None, 1, 2, 3])
    kind = r.choice(["arp", "icmp", "tcp", "udp"])
    if kind == "arp":
        packet = Packet(src, dst, arp=r.choice([1, 2]), vlan=vlan)
    elif kind == "icmp":
        packet = Packet(src, dst, icmp_type=r.choice([0, 8]), ttl=r.choice([1, 2, 64]), vlan=vlan)
    else:
        packet = Packet(
            src,
            dst,
            kind,
            sport=r.choice([68, 1024, 1500]),
            dport=r.choice([22, 67, 80, 443]),
            flags=r.choice(["S", "SA", "A", "R"]),
            size=r.choice([84, 100, 1450]),
            ttl=r.choice([1, 64, 64]),
            vlan=vlan,
            mark=r.choice([0, 0, 1]),
        )
    packet = packet.but(smac=smac, dmac=dmac)
    tunnel = None
    if interface in ("vx2", "vxf", "gr2"):
        sender = {"vx2": REMOTES[0], "vxf": REMOTES[1], "gr2": "172.16.0.9"}[interface]
        tunnel = (r.choice([5, 6, 77]), number(sender), number(HERE))
    return Probe(interface, packet, r.choice([0, 32, 1]), tunnel, r.choice(STATES))
