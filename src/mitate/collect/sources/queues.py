"""The broker's queues, when it runs here: how many listen to each, and what waits in it.

A line ``vhost NAME``, then name, consumers and messages between tabs.

>>> from mitate.collect.sources._sample import told
>>> told(queues, "vhost /\\nname\\tconsumers\\tmessages\\ndhcp_agent.network\\t0\\t12\\n", "controller")
Queue vhost=/ name=dhcp_agent.network consumers=0 messages=12
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._broker import BROKER
from mitate.collect.sources._shell import ROOT
from mitate.collect.sources._text import fields, lines, whole
from mitate.model.host import Queue

SCRIPT = rf"""{ROOT}{BROKER}
broker || exit 0
vhosts=$(rabbit -q list_vhosts) || exit 1
printf '%s\n' "$vhosts" | while read -r vhost; do
  case $vhost in '' | name | Listing* | *...) continue ;; esac
  printf 'vhost %s\n' "$vhost"
  rabbit -q list_queues -p "$vhost" name consumers messages || exit 1
done
"""


@source(
    HostQuestion(
        name="queues",
        script=SCRIPT,
        asked="rabbitmqctl list_queues -p VHOST name consumers messages",
        limit=16_000_000,
        timeout_s=30,
        slow=True,
    ),
    Queue,
)
def queues(answer: Answer) -> Iterator[Queue]:
    vhost = None
    for line in lines(answer.text):
        if line.startswith("vhost "):
            vhost = line.removeprefix("vhost ").strip()
        elif "\t" not in line or line == "name\tconsumers\tmessages":
            continue  # older releases print a title, and "...done."
        elif vhost is None:
            raise ValueError("a queue of no virtual host")
        else:
            name, consumers, messages = fields(line, 3)[:3]
            yield Queue(
                source=answer.source,
                vhost=vhost,
                name=name,
                consumers=whole(consumers or "0"),
                messages=whole(messages or "0"),
            )
