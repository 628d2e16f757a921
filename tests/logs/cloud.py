"""Logs of a small cloud, written as its services write them, for tests to break."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

T0 = 1795361521.0
USER = "f9ebee2e441a4fb1a3eb798545560271 f156ba870d77420a8d3999b8efbbf71a - - default default"
PACKAGES = "/usr/lib/python3/dist-packages"


def server(number: int) -> str:
    return f"8fd71303-f915-4cbc-bc8f-{number:012d}"


def request(number: int) -> str:
    return f"req-{number:08d}-f915-4cbc-bc8f-70ed05ab1dfe"


PLACES = {
    "nova-compute": "compute1/var/log/nova/nova-compute.log",
    "nova-api": "controller/var/log/nova/nova-api.log",
    "neutron-api": "controller/var/log/neutron/neutron-api.log",
    "keystone": "controller/var/log/keystone/keystone.log",
    "glance-api": "controller/var/log/glance/glance-api.log",
    "nova-conductor": "controller/var/log/nova/nova-conductor.log",
    "placement-api": "controller/var/log/placement/placement-api.log",
    "neutron-l3-agent": "network/var/log/neutron/neutron-l3-agent.log",
}


class Logs:
    """Lines by service; ``write`` puts them below a directory as hosts have them."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {name: [] for name in PLACES}
        self._journals: dict[str, list[str]] = {}

    def line(
        self,
        service: str,
        at: float,
        level: str,
        logger: str,
        words: str,
        request: str = "",
        resource: str = "",
        process: int = 95,
    ) -> None:
        context = f"[None {request} {USER}]" if request else "[-]"
        of = f" [instance: {resource}]" if resource else ""
        self._lines[service].append(f"{self.head(at, level, logger, process)} {context}{of} {words}")

    def lines(self, service: str) -> list[str]:
        return self._lines[service]

    def head(self, at: float, level: str, logger: str, process: int = 95) -> str:
        stamp = datetime.fromtimestamp(T0 + at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        return f"{stamp} {process} {level} {logger}"

    def trace(self, service: str, at: float, logger: str, *frames: tuple[str, str], error: str) -> None:
        """The lines of a traceback after the line that logged it."""
        lines = ["Traceback (most recent call last):"]
        for file, function in frames:
            lines += [f'  File "{PACKAGES}/{file}", line 7, in {function}', "    it()"]
        self._lines[service] += [f"{self.head(at, 'ERROR', logger)} {text}" for text in (*lines, error)]

    def systemd(self, host: str, at: float, words: str) -> None:
        """A line of a host's journal, as journalctl prints it."""
        stamp = datetime.fromtimestamp(T0 + at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
        self._journals.setdefault(host, []).append(f"{stamp} {host} systemd[1]: {words}")

    def asked(
        self, service: str, at: float, what: str, status: int, seconds: float, request: str = ""
    ) -> None:
        """An answer of an API, as uwsgi tells it."""
        words = f'10.0.0.5 "{what}" status: {status} len: 10 microversion: 2.1 time: {seconds:.6f}'
        project = service.partition("-")[0]
        self.line(service, at, "INFO", f"{project}.api.openstack.requestlog", words, request)

    def write(self, into: Path) -> Path:
        for service, place in PLACES.items():
            file = into / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f"{line}\n" for line in self._lines[service]))
        for host, lines in self._journals.items():
            (into / host / "journalctl.log").write_text("".join(f"{line}\n" for line in lines))
        return into


def healthy(builds: int = 3) -> Logs:
    """Some servers built, rebooted, deleted; nothing fails."""
    logs = Logs()
    for number in range(builds):
        at, id_, asked = number * 60.0, server(number), request(number)
        logs.asked("nova-api", at + 0.5, "POST /v2.1/servers", 202, 0.5, asked)
        logs.asked("glance-api", at + 0.4, f"GET /v2/images/{server(900)}", 200, 0.05)
        logs.line(
            "nova-compute", at + 2, "INFO", "nova.compute.claims", "Claim successful on node c", asked, id_
        )
        logs.asked("neutron-api", at + 3, "POST /v2.0/ports", 201, 0.4)
        words = "Creating image(s)"
        logs.line("nova-compute", at + 4, "INFO", "nova.virt.libvirt.driver", words, asked, id_)
        words = f"Starting router update for {server(800)}"
        logs.line("neutron-l3-agent", at + 5, "INFO", "neutron.agent.l3.agent", words)
        words = f"Finished a router update for {server(800)}"
        logs.line("neutron-l3-agent", at + 6, "INFO", "neutron.agent.l3.agent", words)
        words = "Took 5.00 seconds to build instance."
        logs.line("nova-compute", at + 7, "INFO", "nova.compute.manager", words, asked, id_)
        logs.asked("nova-api", at + 9, f"GET /v2.1/servers/{id_}", 200, 0.1, request(number + 500))
    for at in range(0, builds * 60 + 120, 30):
        logs.asked("neutron-api", at, "GET /v2.0/agents", 200, 0.05)
    return logs
