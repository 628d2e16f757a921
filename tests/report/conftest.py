"""Hand-made diagnoses (broken, healthy, hardly seen, hostile), and a browser."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mitate.model.diagnosis import (
    Cause,
    Confidence,
    Diagnosis,
    Evidence,
    Finding,
    Outcome,
    Remediation,
    Severity,
    Subject,
)
from mitate.model.source import API, Gap

NOW = datetime(2026, 11, 22, 13, 28, tzinfo=UTC)

HOSTILE = (
    "<script>alert(1)</script>",
    "web | ; rm -rf / `id` $(id)",
    "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "two\nlines\r\x00\x08",
    "x" * 10_000,
    "👩‍👩‍👧 & 見立て",
    "\u202egpj.exe \u05d0\u05d1\u05d2",
    "<!channel> @here <https://evil.example|click>",
    "half \ud800 surrogate \ufffe",
    "]]> --> &amp; ''\"\"",
    "```code``` *bold* _it_",
)


def seen(
    host: str = "compute1", asked: str = "ps -eo pid,stat,args", excerpt: str = "812 T  agent"
) -> Evidence:
    return Evidence(host, asked, NOW, excerpt)


def finding(
    check: str,
    name: str,
    says: str,
    severity: Severity = Severity.WARNING,
    evidence: tuple[Evidence, ...] = (),
    since: datetime | None = None,
    fix: tuple[str, ...] = (),
) -> Finding:
    subject = Subject("port", f"{check}-{name}", name, "compute1")
    return Finding(
        check, severity, subject, says, evidence or (seen(),), since, fix=fix, confidence=Confidence.PROVED
    )


def outcomes(*causes: Cause, healthy: int = 3, unknown: tuple[Gap, ...] = ()) -> tuple[Outcome, ...]:
    """One for each check that found something, then those that are OK, then one that could not see."""
    found: dict[str, list[Finding]] = {}
    for cause in causes:
        for each in (cause.finding, *cause.explains):
            found.setdefault(each.check, []).append(each)
    told = [Outcome(check, tuple(findings)) for check, findings in found.items()]
    told += [Outcome(f"fine_{number}") for number in range(healthy)]
    return (*told, Outcome("logs_unread", (), unknown)) if unknown else tuple(told)


GAPS = (
    Gap("compute2", "journal", "permission denied", ("LogLine",)),
    Gap("compute2", "iptables", "permission denied", ("IptablesRule",)),
    Gap("compute3", "journal", "permission denied", ("LogLine",)),
    Gap("compute3", "iptables", "permission denied", ("IptablesRule",)),
    Gap(API, "quotas", "HTTP 403", ("Quota",)),
)


def cause(rank: int, found: Finding, why: str, *explains: Finding) -> Cause:
    todo = Remediation(found.check, found.fix[0], found.fix) if found.fix else None
    return Cause(rank, found, why, explains, todo)


@pytest.fixture
def broken() -> Diagnosis:
    """A frozen agent that explains 23 findings, and a disk that stands alone."""
    agent = finding(
        "agent_process_frozen",
        "Linux bridge agent on compute1",
        "Linux bridge agent on compute1 is there as process 812, but stopped by a signal (state T): "
        "OpenStack hears nothing from it",
        Severity.CRITICAL,
        (seen(), seen(API, "openstack network agent list", "alive=False\n" * 5)),
        NOW - timedelta(minutes=26),
        ("ssh compute1 sudo kill -CONT 812",),
    )
    ports = [finding("port_down", f"port 10.0.0.{n}", f"port 10.0.0.{n} is DOWN") for n in range(22)]
    server = finding("server_unreachable", "server vm1", "server vm1 cannot be reached", Severity.CRITICAL)
    disk = finding("filesystem_full", "/var/lib/nova", "/var/lib/nova has 2 % free", fix=("df -h | sort",))
    why = "23 other findings follow from it, and nothing that it depends on is wrong."
    causes = (cause(1, agent, why, *ports, server), cause(2, disk, "It stands alone."))
    told = outcomes(*causes, unknown=GAPS[:1])
    return Diagnosis("lab", NOW, 2.14, causes, told, GAPS, 23, 6)


@pytest.fixture
def healthy() -> Diagnosis:
    return Diagnosis("lab", NOW, 2.14, (), outcomes(healthy=57), (), 23, 6)


@pytest.fixture
def unseen() -> Diagnosis:
    """Nothing found, but one check could not say."""
    return Diagnosis("lab", NOW, 2.14, (), outcomes(unknown=GAPS[:3]), GAPS, 23, 6)


@pytest.fixture
def sampled(healthy: Diagnosis) -> Diagnosis:
    """Healthy as far as was looked: one check walked only a part of what there is."""
    notes = ("of 512 floating IPs an even sample of 200 was walked", "<b>\x1b[31mof</b> 300 routers 200")
    told = (*healthy.outcomes, Outcome("path_broken", notes=notes))
    return msgspec.structs.replace(healthy, outcomes=told)


@pytest.fixture
def noted() -> Diagnosis:
    """A mere note, below what alarms."""
    note = finding("agent_disabled", "agent on compute2", "an agent is disabled", Severity.INFO)
    causes = (cause(1, note, "It stands alone."),)
    return Diagnosis("lab", NOW, 2.14, causes, outcomes(*causes), (), 23, 6)


@pytest.fixture
def hostile() -> Diagnosis:
    """Every name and word of it was chosen by somebody who means harm."""
    causes = tuple(
        cause(
            rank,
            finding(
                f"bad_{rank}",
                name,
                f"server {name} is broken",
                Severity.CRITICAL,
                (seen(name, f"show {name}", f"{name}\n{name}"),),
                fix=(f"openstack server show {name}",),
            ),
            f"because of {name}",
            finding("symptom", f"{name}!", f"port of {name} is down"),
        )
        for rank, name in enumerate(HOSTILE, 1)
    )
    gaps = tuple(Gap(name, name, name) for name in HOSTILE)
    return Diagnosis(HOSTILE[0], NOW, 2.14, causes, outcomes(*causes, unknown=gaps), gaps, 23, 6)


@pytest.fixture
def huge() -> Diagnosis:
    """A thousand causes, each with two thousand characters of evidence."""
    causes = tuple(
        cause(
            n,
            finding(
                "bad", f"thing {n}", f"thing {n} is bad & {'<' * 500}", evidence=(seen(excerpt="&" * 2000),)
            ),
            "why",
        )
        for n in range(1, 1001)
    )
    return Diagnosis("lab", NOW, 2.14, causes, outcomes(*causes), (), 23, 6)


# -- a browser ----------------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

PHONE = """<!doctype html>
<iframe id="f" src="/report" width="390" height="800"></iframe>
<pre></pre>
<script>
document.getElementById("f").onload = event => {
  const page = event.target.contentDocument, view = event.target.contentWindow;
  const widths = () => [page.documentElement.scrollWidth, page.documentElement.clientWidth];
  const folded = widths();
  page.querySelectorAll("details").forEach(details => details.open = true);
  const link = page.querySelector("svg a[href^='#way-']");
  const measured = {
    folded, unfolded: widths(), scripts: page.scripts.length, title: page.title,
    maxWidth: view.getComputedStyle(page.body).maxWidth, images: page.images.length,
    leads: link && Boolean(page.querySelector(link.getAttribute("href"))),
    links: [...page.querySelectorAll("a")].map(a => a.getAttribute("href")),
    drawn: page.querySelectorAll("svg rect.host").length,
    handlers: [...page.querySelectorAll("*")].filter(
      element => [...element.attributes].some(attribute => attribute.name.startsWith("on"))).length,
  };
  document.querySelector("pre").textContent = JSON.stringify(measured);
};
</script>
"""


class Served(ThreadingHTTPServer):
    """Gives the pages that it has, and notes every request, also those for other hosts (as their proxy)."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = pages
        self.asked: list[str] = []


class Handler(BaseHTTPRequestHandler):
    server: Served

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path, "").encode()
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        self.send_error(404)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Mapping[str, str]], Served]]:
    servers: list[Served] = []

    def start(pages: Mapping[str, str]) -> Served:
        server = Served(pages)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def browse(tmp_path: Path) -> Callable[..., str]:
    """(URL, flags) → the document after it was loaded, as HTML."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (package chromium)")

    def browse(url: str, *flags: str) -> str:
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        command += [f"--user-data-dir={tmp_path}", "--virtual-time-budget=5000", "--dump-dom", *flags, url]
        return subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stdout

    return browse


@pytest.fixture
def measured(
    serve: Callable[[Mapping[str, str]], Served], browse: Callable[..., str]
) -> Callable[[str], dict[str, Any]]:
    """A page → what a browser made of it on a phone, 390 pixels wide (see PHONE)."""

    def measure(page: str) -> dict[str, Any]:
        server = serve({"/report": page, "/phone": PHONE})
        dom = browse(f"http://127.0.0.1:{server.server_port}/phone")
        found = re.search(r"<pre>(\{.*?\})</pre>", dom)
        assert found, dom[-500:]
        seen = json.loads(html.unescape(found[1]))
        assert isinstance(seen, dict)
        return seen

    return measure


@pytest.fixture
def asked(
    serve: Callable[[Mapping[str, str]], Served], browse: Callable[..., str]
) -> Callable[[str], list[str]]:
    """A page, shown at http://report.test/ → every URL that the browser then asked for, of whatever host."""

    def ask(page: str) -> list[str]:
        server = serve({"http://report.test/": page})
        browse(
            "http://report.test/",
            f"--proxy-server=http://127.0.0.1:{server.server_port}",
            "--proxy-bypass-list=<-loopback>",
        )
        return server.asked

    return ask
