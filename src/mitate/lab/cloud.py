"""OpenStack on the booted hosts: set up once, and waited for every time."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mitate.lab.errors import LabError
from mitate.lab.hosts import Host
from mitate.lab.progress import Clocked
from mitate.lab.recipe import HERE, Recipe, render
from mitate.lab.shell import follow
from mitate.lab.topology import AUTH_URL, CONTROLLER, FLOATING_IP, SERVERS, UPSTREAM_ROUTER

_CREDENTIALS = '. /root/openrc && exec python3 -c "$@"'
Wait = Callable[[str, Callable[[], bool], float, Callable[[], str]], None]


class Cloud:
    """The services on the lab's hosts, as one release and driver describe them."""

    def __init__(self, hosts: dict[str, Host], recipe: Recipe, clocked: Clocked, logs: Path) -> None:
        self.hosts, self.recipe, self.clocked, self.logs = hosts, recipe, clocked, logs
        self.computes = sum(host.role in ("compute", "fake") for host in recipe.hosts)

    def make_databases(self) -> None:
        """Schemas, broker account, Keystone; starts the services; then users and endpoints."""
        values = {
            **self.recipe.variables(),
            "auth_url": AUTH_URL,
            "api_units": " ".join(self.recipe.api_units),
        }
        script = render(
            (HERE / "seed/databases.sh").read_text(encoding="utf-8"), values, named="databases.sh"
        )
        self._follow(self.hosts["controller"], ["sh", "-c", script], "setting up databases", 420)
        self._python("seed/catalogue.py", values["password"], CONTROLLER)

    def listens(self) -> bool:
        """Whether the controller's services consume their queues: before that, no agent should call them."""
        script = "systemctl -q is-active rabbitmq-server && rabbitmqctl -q list_queues name consumers"
        rows = [line.split("\t") for line in self.hosts["controller"].sh(script, check=False).splitlines()]
        return self.recipe.queues <= {row[0] for row in rows if len(row) == 2 and row[1] != "0"}

    def make_resources(self) -> None:
        """Images, networks, and the two servers."""
        asked = {
            "servers": SERVERS,
            "floating_ip": FLOATING_IP,
            "agents": self.recipe.agents,
            "computes": self.computes,
            "upstream": UPSTREAM_ROUTER,
        }
        self._python("seed/resources.py", json.dumps(asked))

    def wait_healthy(self, servers: tuple[str, ...], limit: float) -> dict[str, dict[str, str]]:
        """Wait until every agent and service is up and the servers are ACTIVE; `limit` in seconds.

        Returns, for each server, its `address` and `network` (id).
        """
        services = {"nova-compute": self.computes, "nova-scheduler": 1, "nova-conductor": 1}
        asked = {"servers": servers, "agents": self.recipe.agents, "services": services, "limit": limit}
        last = self._python("inside/health.py", json.dumps(asked), timeout=limit + 120)
        found: dict[str, dict[str, str]] = json.loads(last)
        return found

    def wait_answers(self, where: dict[str, dict[str, str]], wait: Wait, limit: float) -> None:
        """Wait until vm1 answers a ping to its floating IP, and every server one from its own network."""
        if "vm1" in where:
            client = self.hosts["client"]
            asked = partial(_answers, client, f"ping -c1 -W1 {FLOATING_IP}")
            wait(f"vm1 to answer a ping to {FLOATING_IP}", asked, limit, partial(self._console, "vm1"))
        network = self.hosts["network"]
        for name, place in where.items():
            ping = f"ip netns exec qdhcp-{place['network']} ping -c1 -W1 {place['address']}"
            what = f"{name} to answer a ping to {place['address']}"
            wait(what, partial(_answers, network, ping), limit, partial(self._console, name))

    def forget_history(self) -> None:
        """Empty the logs: what happened while the cloud was being made is nobody's fault to find."""
        for host in self.hosts.values():
            host.sh(
                "find /var/log -type f -name '*.log' -exec truncate -s 0 {} +; "
                "journalctl -q --rotate; journalctl -q --vacuum-time=1s; :"
            )

    def _console(self, server: str) -> str:
        script = """
        for d in $(virsh list --name); do
          virsh dumpxml "$d" | grep -q "<nova:name>$1</nova:name>" || continue
          tail -n 12 /var/lib/nova/instances/$(virsh domuuid "$d")/console.log; exit
        done; echo "no running domain is called $1"
        """
        host = self.hosts.get(SERVERS.get(server, ""), self.hosts["compute1"])
        try:
            return f"Console of {server}:\n{host.sh(script, server, check=False)}".rstrip()
        except LabError as error:
            return str(error)

    def _python(self, name: str, *arguments: str, timeout: float = 420) -> str:
        path = HERE / name
        operator = self.hosts["operator"]
        argv = ["sh", "-c", _CREDENTIALS, "sh", path.read_text(encoding="utf-8"), *arguments]
        return self._follow(operator, argv, f"{path.stem} of the cloud", timeout)

    def _follow(self, host: Host, argv: list[str], what: str, timeout: float) -> str:
        """Run in a host, pass lines "> …" on as progress, return the last line. Failures bring logs along."""
        last = [""]

        def show(line: str) -> None:
            last[0] = line
            if line.startswith("> "):
                self.clocked.say(line[2:])

        try:
            log = self.logs / f"{what.replace(' ', '-')}.log"
            follow([*host.entry(), *argv], on_line=show, timeout=timeout, what=what, log=log)
        except LabError as error:
            raise LabError(f"{error}\n{self.complaints()}".rstrip()) from error
        return last[0]

    def complaints(self) -> str:
        """The newest error lines of the services on all hosts; empty when there are none."""
        found: list[str] = []
        for host in self.hosts.values():
            units = self.recipe.units(host.plan.role)
            if host.plan.role == "controller":
                units = [*units, *self.recipe.api_units]
            if units and host.is_running():
                found += _notable(host, units)
        return "\n".join(found[-24:])


def _notable(host: Host, units: list[str]) -> list[str]:
    script = """
    systemctl --failed --plain --no-legend | awk '{print "failed unit: " $1}'
    for log in /var/log/*/*.log; do grep -sE ' (ERROR|CRITICAL) ' "$log" | tail -n 2 | cut -c1-240; done
    for u in "$@"; do journalctl --no-pager -q -o cat -n 1 -p err -u "$u" | cut -c1-240; done
    """
    try:
        return [f"{host.name}: {line}" for line in host.sh(script, *units, check=False).splitlines()]
    except LabError as error:
        return [str(error)]


def _answers(host: Host, ping: str) -> bool:
    return host.sh(f"{ping} >/dev/null 2>&1 && echo yes", check=False).strip() == "yes"
