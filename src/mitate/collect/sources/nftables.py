"""The rules of nftables that neither iptables nor ebtables manages: firewalld's, an admin's own.

Tables that iptables-save and ebtables-save show are left out: those with their names, in which every chain
with a hook is named as they do. Each other table is a line of JSON, below ``# NAMESPACE``.

>>> from mitate.collect.sources._sample import told
>>> told(nftables, '''#
... {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "inet", "name": "guard"}},\
 {"chain": {"family": "inet", "table": "guard", "name": "input", "type": "filter", "hook": "input",\
 "prio": 0, "policy": "drop"}}, {"rule": {"family": "inet", "table": "guard", "chain": "input", "expr":\
 [{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": "@open"}},\
 {"accept": null}]}}, {"set": {"family": "inet", "name": "open", "table": "guard", "elem": [22, 4789]}}]}
... ''', "compute1")
NftChain family=inet table=guard chain=input type=filter hook=input priority=0 policy=drop
NftRule family=inet table=guard chain=input \
expression=[{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":"@open"}},\
{"accept":null}]
NftSet family=inet table=guard name=open elements=[22,4789]
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._json import Record, decode, encode
from mitate.collect.sources._netns import NETNS
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import few, whole_lines
from mitate.model.net import NftChain, NftRule, NftSet

# Where the kernel has no nftables, the question itself would load that part of it. A kernel without modules
# tells nothing of its parts, and loads none.
SCRIPT = f"""{ROOT}export LC_ALL=C
{NETNS}
[ -e "$root/sys/module/nf_tables" ] || [ ! -e "$root/proc/modules" ] ||
  grep -qs '/nf_tables\\.ko' "/lib/modules/$(uname -r)/modules.builtin" || exit 0
command -v nft >/dev/null || {{ echo 'nft is not installed, and the kernel may hold rules' >&2; exit 1; }}
managed=
! command -v iptables-nft-save >/dev/null || managed='|ip|ip6|arp|'
! command -v ebtables-nft-save >/dev/null || managed="$managed|bridge|"
inside() {{ all=$(within "$1" nft list chains) && printf '# %s\\n%s\\n' "$1" "$all" || gone "$1"; }}
foreign=$({{ echo '#'; nft list chains && each inside || echo failed; }} | awk -v managed="$managed" '
  function tell() {{ for (i = 1; i <= n; i++) if (!own[i]) print table[i], space; n = 0 }}
  /^failed/ {{ n = 0; exit 1 }}
  /^#/ {{ tell(); space = $2 }}
  $1 == "table" {{
    table[++n] = $2 " " $3
    own[n] = index(managed, "|" $2 "|") && $3 ~ /^(filter|nat|mangle|raw|security|broute)$/
  }}
  $1 == "chain" {{ chain = $2 }}
  $1 == "type" && chain !~ /^[A-Z]+$/ {{ own[n] = 0 }}
  END {{ tell() }}
') || exit 1
show() {{ "$@" nft -j list table "$family" "$name"; }}
printf '%s\\n' "$foreign" | while read -r family name space; do
  if [ -z "$space" ]; then
    [ -z "$family" ] || show || exit 1
  elif all=$(show within "$space"); then
    printf '# %s\\n%s\\n' "${{space##*/}}" "$all"
  else
    gone "$space"
  fi
done
"""

RULE = 100_000
"""Characters of one rule's JSON; a longer one is not understood."""


@source(
    HostQuestion(
        name="nftables",
        script=SCRIPT,
        asked="nft -j list table … (of those that iptables does not manage, in every namespace)",
        limit=32_000_000,
        timeout_s=20,
    ),
    NftChain,
    NftRule,
    NftSet,
)
def nftables(answer: Answer) -> Iterator[NftChain | NftRule | NftSet]:
    return few(_nftables(answer))


def _nftables(answer: Answer) -> Iterator[NftChain | NftRule | NftSet]:
    namespace = ""
    for line in whole_lines(answer.text):
        if line.startswith("#"):
            namespace = line[1:].strip()
            continue
        for item in Record(decode(line)).list("nftables"):
            if not isinstance(item, dict) or len(item) != 1:
                raise ValueError("not an item of nft -j")
            ((kind, value),) = item.items()
            if kind in ("chain", "rule", "set", "map"):
                yield _fact(answer, namespace, kind, Record(value))


def _fact(answer: Answer, namespace: str, kind: str, row: Record) -> NftChain | NftRule | NftSet:
    family, table = row.must("family"), row.must("table")
    if kind == "chain":
        return NftChain(
            source=answer.source,
            namespace=namespace,
            family=family,
            table=table,
            chain=row.must("name"),
            type=row.text("type"),
            hook=row.text("hook"),
            priority=row.number("prio"),
            policy=row.text("policy"),
            devices=row.texts("dev") or ((row.text("dev"),) if row.text("dev") else ()),
        )
    if kind == "rule":
        expression = encode(row.list("expr"))
        if len(expression) > RULE:
            raise ValueError(f"a rule of {len(expression)} characters in table {table[:40]}")
        return NftRule(
            source=answer.source,
            namespace=namespace,
            family=family,
            table=table,
            chain=row.must("chain"),
            handle=row.number("handle"),
            expression=expression,
        )
    return NftSet(
        source=answer.source,
        namespace=namespace,
        family=family,
        table=table,
        name=row.must("name"),
        elements=encode(row.list("elem")),
    )
