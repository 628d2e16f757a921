"""Whatever a host says: a parser tells facts or raises ValueError, and does no more than it has to read."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mitate.collect.question import all_sources
from mitate.model.source import Fact

SAMPLES: dict[str, str] = {
    "configuration": "process\t95\tnova-compute\nuses\t/e/n.conf\nfile\t/e/n.conf\n2\tD\thost\t=\tx\n"
    "3\tD\tca_file\t*\t\t1\t2\nnames\t/e/ca.pem\nchanged\t1795361400\t/e/n.conf\nkeyed\tabcd\n"
    "digest\t1\tabcd\n",
    "connections": "# ns\ntcp 6 1 ESTAB src=a dst=b sport=1 dport=2 src=b dst=a sport=2 dport=1\n",
    "containers": "nova_api\timage\tUp 3 hours\n",
    "credentials": "asked\t1\ntest\t1\t/f\ts\tu\thttp://h\nresult\t1\t401\t0\n",
    "databases": "nova\t110\n",
    "deleted_files": "95\t/usr/sbin/libvirtd\t/usr/lib/libssl.so.3\n",
    "dhcp_hosts": "/d/n/host fa:16:3e:95:26:75,host-1,10.10.0.33,set:x\n",
    "domains": "aa-bb\tinstance-1\trunning\ttap1 tap2\n",
    "filesystems": "kb /dev/a ext4 10 5 5 50% /\ninodes /dev/a 10 5 5 50% /\npath /var/log /var/log\n",
    "firewall": "# ns\n*nat\n:PREROUTING ACCEPT [1:2]\n[3:4] -A PREROUTING -j x\nCOMMIT\n"
    "#bridge\n*nat\n:a DROP\n",
    "identity": "hostname h\nkernel 6\nnow 1795361402.25\nuptime 9.5\nID=debian\n",
    "ip_sets": "#\ncreate NIPv4a hash:net family inet\nadd NIPv4a 10.0.0.0/8 timeout 5 nomatch\n",
    "log_context": "zone\t+0100\nexample\t/var/log/nova/nova-compute.log=1795361521.453=95\n"
    "before\t2026-11-22 15:32:01.101\tINFO\tnova.x\tone\nafter\t1795361521.4\tINFO\tnova.x\ttwo\n",
    "log_files": "log\t10\t1795361399\t/var/log/nova/a.log\n"
    "open\t95\tnova-compute\t/var/log/nova/a.log.1 (deleted)\n",
    "logs": "zone\t+0100\nfile\t/var/log/nova/a.log\n2026-11-22 15:32:01.450\tERROR\tx\treq-1\thello\n",
    "mentions": "zone\t+0100\nfile\t/var/log/nova/nova-compute.log\nbegins\t2026-11-22 15:00:00.000\ndebug\n"
    "2026-11-22 15:32:01.450\t95\tERROR\tx.y\treq-2\treq-1\tu\t8fd7\thello\n"
    '+\t  File "/a/dist-packages/nova/x.py", line 3, in f\n+\tValueError: x\naddress\t10.0.0.1\n',
    "network": '#\n[{"ifindex":1,"ifname":"lo","mtu":1,"addr_info":[{"local":"::1","prefixlen":8}]}]\n'
    '[{"dst":"default","gateway":"10.0.0.1","dev":"e"}]\n[{"mac":"a","ifname":"b"}]\n',
    "nftables": '#\n{"nftables":[{"chain":{"family":"ip","table":"t","name":"c","prio":0}},'
    '{"rule":{"family":"ip","table":"t","chain":"c","expr":[{"drop":null}]}},'
    '{"set":{"family":"ip","table":"t","name":"s","elem":[1]}}]}\n',
    "ovs_bridges": '{"headings":["name","ports"],"data":[["br-int",["set",[["uuid","p"]]]]]}\n'
    '{"headings":["_uuid","name","tag","interfaces"],"data":[[["uuid","p"],"tap1",3,["uuid","i"]]]}\n'
    '{"headings":["_uuid","name","ofport","options","external_ids"],'
    '"data":[[["uuid","i"],"tap1",5,["map",[["peer","x"]]],["map",[]]]]}\n',
    "ovs_flows": "# br-int\nX reply (xid=0x2):\n cookie=0x1, duration=1s, table=1, n_packets=1, n_bytes=0, "
    "priority=2,ip,in_port=5 actions=drop\n group_id=1,type=all,bucket=actions=output:1\n",
    "ovs_learnt": "# br-int\n port  VLAN  MAC  Age\n    5     3  fa:16:3e:95:26:75   12\n#\n"
    "tcp,orig=(src=a,dst=b,sport=1,dport=2),reply=(src=b,dst=a,sport=2,dport=1),zone=3\n",
    "package_history": "zone\t+0100\n2026-11-22\t15:14:41\tupgrade\tnova-common:all\t1\t<none>\n",
    "packages": "nova-common\tall\t2:26.2.2-1\tinstalled\t1795361400\nreboot\tlinux-image-amd64\n",
    "placement_audit": "Allocations for consumer UUID 8fd71303-f915-4cbc-bc8f-70ed05ab1dfe on Resource "
    "Provider 4e8e5957-649f-477b-9e5b-f1f75b21c03c can be deleted: {'resources': {'VCPU': 1}}\n",
    "processes": "now\t1795361400\n95\t1\tS\t2\t9\t0::/x.service\t/usr/bin/nova-compute\n",
    "queues": "vhost /\nname\tconsumers\tmessages\nq\t1\t2\n",
    "routing": '# ns\nipv4/conf/a/rp_filter:1\n[{"priority":5,"src":"10.0.0.0","srclen":8,"fwmark":"0x1"}]\n',
    "log_errors": "zone\t+0100\nfile\t/var/log/nova/nova-compute.log\nlooked\t4711\n"
    "begins\t2026-11-22 16:30:00.000\ncut\t2026-11-22 16:31:00.000\n"
    "2026-11-22 16:32:01.453\t95\tERROR\tnova.compute.manager\t[req-1 u p]\tBuild failed: KeyError\n"
    "2026-11-22 16:32:01.453\t95\tERROR\tnova.compute.manager\t-\tTraceback (most recent call last):\n"
    '2026-11-22 16:32:01.453\t95\tERROR\tnova.compute.manager\t-\t  File "/x/nova/a.py", line 1, in f\n'
    '1795361521.4\t\tINFO\taccess\t[-]\t"GET /v3" status: 500 len: 0\n',
    "scheduling": "zone\t+0100\nfile\t/var/log/nova/nova-scheduler.log\n"
    "1795361521.4\tINFO\tx\treq-1\thello\n",
    "scheduling_failures": "zone\t+0100\nfile\t/var/log/nova/nova-conductor.log.1\n"
    "2026-11-22 15:32:01.450\tWARNING\tx\treq-1\thello\n",
    "sessions": "zone\t+0100\n1795361400.5\tlogin\troot\t10.0.0.2\t\n"
    "Nov 22 15:30:00\tsudo\t\t\tsystemctl restart nova-compute\n",
    "sockets": "ESTAB 0 0 [::1]:5 10.0.0.1:6 users:((x,pid=1,fd=2))\n",
    "time_sync": "daemon chronyd\nchrony 0A,10.0.0.1,3,1,0.1,0.1,0.1,1,0,0,0,0,6,Normal\nkernel yes\n",
    "traffic_control": '[{"kind":"clsact","dev":"tap1"}]',
    "traffic": "at 1.0\n# \nlo 1 2 3 4\nip 5\nat 2.0\n# \nlo 2 3 4 5\nip 6\ndone\n",
    "units": "Id=nova-compute.service\nActiveState=active\n"
    "ActiveEnterTimestamp=Sun 2026-11-22 15:14:41 UTC\n\nId=b\nActiveState=x\n",
    "upgrade_check": "+---+\n| Check: Cells v2 |\n| Result: Failure |\n| Details: None of |\n"
    "|   them. |\n+---+\n",
    "virtualisation": "kvm yes\nflags vmx\n",
}
HOST = sorted(name for name, source in all_sources().items() if hasattr(source.question, "script"))
AWKWARD = st.sampled_from(
    [
        "",
        "\t",
        "\n",
        " ",
        "0",
        "-1",
        "9" * 30,
        "²",
        "nan",
        "1e999",
        "\x00",
        "\ud7ff",
        "=",
        "#",
        "[",
        "{}",
        "null",
    ]
)


@st.composite
def mangled(draw: st.DrawFn, sample: str) -> str:
    """The sample with some of its words put in others' places, cut, doubled or replaced."""
    words = re.split(r"([\t\n =:,])", sample)
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(words) - 1))
        words[at] = draw(st.one_of(AWKWARD, st.text(max_size=12), st.sampled_from(words)))
    text = "".join(words)
    return text[draw(st.integers(0, 3)) :] * draw(st.integers(1, 2))


def told(name: str, text: str, facts: Any) -> list[Fact]:
    try:
        return list(facts(name, text))
    except ValueError as why:
        assert 0 < len(str(why)) < 500
        return []


def test_every_host_source_has_a_sample() -> None:
    assert sorted(SAMPLES) == HOST


@pytest.mark.parametrize("name", HOST)
def test_the_sample_itself_is_read(name: str, facts: Any) -> None:
    found = facts(name, SAMPLES[name])
    assert found
    assert {type(fact) for fact in found} <= set(all_sources()[name].tells)


@pytest.mark.parametrize("name", HOST)
def test_only_value_error(name: str, facts: Any) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(mangled(SAMPLES[name]), st.text(max_size=200)))
    def anything(text: str) -> None:
        found = told(name, text, facts)
        assert len(found) <= 4 * len(text) + 4

    anything()


@pytest.mark.parametrize("name", HOST)
def test_work_is_bounded(name: str, facts: Any) -> None:
    long = SAMPLES[name] + "x" * 1_000_000 + "\n" + "y\n" * 300_000
    assert len(told(name, long, facts)) < 1000
    for fact in told(name, SAMPLES[name].replace("a", "a" * 50_000), facts):
        assert len(repr(fact)) < 100_000


MUCH = {
    "connections": ("# a\n", "src=a dst=a src=b dst=b\n", ""),
    "firewall": ("# a\n", ":a b\n", ""),
    "ip_sets": ("create a b\n", "add a 10.0.0.1\n", ""),
    "network": (
        "[",
        '{"ifindex":1,"ifname":"a","mtu":1,"link_index":1,"linkinfo":{"info_kind":"veth"}},',
        "{}]",
    ),
    "nftables": ('{"nftables":[', '{"chain":{"family":"a","table":"b","name":"c"}},', '{"x":1}]}'),
    "routing": ("# a\n", "ipv4/conf/a/b:1\n", ""),
    "traffic": ("at 1\n", "a 1 2 3 4\n", ""),
}
"""Before, again and again, behind: what makes a parser of the network work the most."""


@pytest.mark.parametrize("name", sorted(MUCH))
def test_much_of_the_same_is_linear_or_refused(name: str, facts: Any) -> None:
    before, again, behind = MUCH[name]

    def took(times: int) -> float:
        text = before + again * times + behind
        began = time.process_time()
        told(name, text, facts)
        return time.process_time() - began

    took(10)
    assert took(80_000) < 20 * took(8_000) + 0.5
    assert took(250_000) < 60


@pytest.mark.parametrize("name", ["network", "nftables", "routing"])
def test_deep_and_wide_json_is_refused(name: str, facts: Any) -> None:
    with pytest.raises(ValueError, match=r"objects|recursion|JSON"):
        facts(name, "[" * 5_000_000)
    with pytest.raises(ValueError, match="more than"):
        facts(name, '[{"dst":"a","nexthops":[' + "{}," * 1_100_000 + "{}]}]")
