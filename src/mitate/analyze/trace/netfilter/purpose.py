"""What a rule is for: the reason why a packet that this rule, or the policy of this chain, stops is stopped.

The names are Neutron's: ``neutron/agent/linux/iptables_firewall.py`` and ``iptables_comments.py`` (i, o, s
and sg-fallback chains behind the name of the agent), ``agent/l3/router_info.py`` (scope),
``metadata/driver.py``,
``plugins/ml2/drivers/linuxbridge/agent/arp_protect.py`` (neutronARP-, neutronMAC-).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mitate.model.net import IptablesChain, IptablesRule, NftChain, NftRule
from mitate.model.source import Fact

_PORT_CHAIN = re.compile(r"neutron-[a-z]{1,16}-([ios])[0-9a-f]{8}-")
_UNTRACKS = '{"notrack"'
_NOTRACK = re.compile(r" -j (CT --notrack|NOTRACK)\b")


def purpose(by: Fact | None, trail: Sequence[str] = (), both: bool = False, bridged: bool = True) -> str:
    """The code. trail: the chains that led to it, the hook's own first. both: rules stand in both backends of
    iptables. bridged: the packet crossed a bridge. "" when it is no rule and no chain."""
    if isinstance(by, NftRule | NftChain):
        return (
            "NAT_NOTRACK" if isinstance(by, NftRule) and _UNTRACKS in by.expression else "FW_EXTRA_NFT_TABLE"
        )
    if not isinstance(by, IptablesRule | IptablesChain):
        return ""
    text = by.rule if isinstance(by, IptablesRule) else ""
    if _NOTRACK.search(text):
        return "NAT_NOTRACK"
    if by.family == "bridge":
        return "PS_MAC_SPOOF" if by.chain.startswith("neutronMAC") else "PS_ARP_SPOOF"
    if code := _of_port(by.chain, text, trail):
        return code
    if by.legacy and both:
        return "FW_TWO_BACKENDS"
    if not by.namespace:
        hook = trail[0] if trail else by.chain
        own = hook in ("INPUT", "OUTPUT") or (hook != "FORWARD" and not bridged)
        return "TUN_HOST_FIREWALL" if own else "HOST_FORWARD_DROP"
    if by.chain.endswith("-scope"):
        return "RTR_METADATA_MARK_DROP" if "--mark 0x1/" in text else "RTR_SCOPE_DROP"
    if "--dport 9697" in text or "--mark 0x1/" in text:
        return "RTR_METADATA_MARK_DROP"
    return "RTR_FORWARD_FIREWALL"


def _of_port(chain: str, text: str, trail: Sequence[str]) -> str:
    """Security groups and port security of the iptables drivers."""
    fallback = chain.endswith("-sg-fallback")
    looked = [*trail[:-1]][::-1] if fallback else [chain]
    kind = next((found[1] for name in looked if (found := _PORT_CHAIN.match(name))), "")
    if fallback and not kind:
        return "SG_INGRESS_DENY"
    match kind:
        case "s":
            return "PS_IP_SPOOF"
        case "i" | "o" if re.search(r"--(ct)?state INVALID\b", text):
            return "SG_CT_INVALID"
        case "o" if "--sport 67 --dport 68" in text or "--sport 547 --dport 546" in text:
            return "PS_DHCP_RA_SERVER"
        case "i":
            return "SG_INGRESS_DENY"
        case "o":
            return "SG_EGRESS_DENY"
    return ""
