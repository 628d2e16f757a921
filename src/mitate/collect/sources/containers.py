"""The containers of docker and podman, stopped ones too.

>>> from mitate.collect.sources._sample import told
>>> told(containers, "nova_compute\\tkolla/nova-compute:2025.1\\tExited (137) 2 minutes ago\\n")
Container name=nova_compute service=nova-compute image=kolla/nova-compute:2025.1 state=exited \
status=Exited (137) 2 minutes ago
"""

from __future__ import annotations

from collections.abc import Iterator

from mitate.collect.question import Answer, HostQuestion, source
from mitate.collect.sources._text import fields, lines
from mitate.model.host import Container
from mitate.model.recognise import service_of_container

# An engine without its socket or storage was never used here: asking it would only start it.
SCRIPT = r"""
for engine in docker podman; do
  command -v $engine >/dev/null || continue
  case $engine in
  docker) [ -S /var/run/docker.sock ] || [ -S /run/podman/podman.sock ] || continue ;;
  podman) [ -d /var/lib/containers/storage ] || continue ;;
  esac
  $engine ps -a --format '{{.Names}}	{{.Image}}	{{.Status}}' || exit 1
done
"""

_STATES = {
    "up": "running",
    "exited": "exited",
    "restarting": "restarting",
    "created": "created",
    "dead": "dead",
    "removal": "dead",
    "paused": "paused",
    "initialized": "created",
    "stopped": "exited",
}


@source(
    HostQuestion(name="containers", script=SCRIPT, asked="docker ps -a; podman ps -a"),
    Container,
)
def containers(answer: Answer) -> Iterator[Container]:
    seen = set()
    for line in lines(answer.text):
        names, image, status = fields(line, 3)[:3]
        name = names.split(",")[0]
        if not name or name in seen:
            continue
        seen.add(name)
        word = status.split(" ")[0].lower()
        state = "paused" if "(Paused)" in status else _STATES.get(word, word)
        yield Container(
            source=answer.source,
            name=name,
            service=service_of_container(name),
            image=image,
            state=state,
            status=status,
        )
