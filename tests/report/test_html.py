"""The HTML report in a real browser: it asks nobody for anything, runs nothing, and fits a phone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mitate.model.diagnosis import Diagnosis
from mitate.report.html import render

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (package chromium)"),
]

PHONE = """<!doctype html>
<iframe id="f" src="/report" width="390" height="800"></iframe>
<pre></pre>
<script>
document.getElementById("f").onload = event => {
  const page = event.target.contentDocument, view = event.target.contentWindow;
  const widths = () => [page.documentElement.scrollWidth, page.documentElement.clientWidth];
  const folded = widths();
  page.querySelectorAll("details").forEach(details => details.open = true);
  const measured = {
    folded, unfolded: widths(), scripts: page.scripts.length, title: page.title,
    maxWidth: view.getComputedStyle(page.body).maxWidth, images: page.images.length,
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


def browse(url: str, profile: Path, *flags: str) -> str:
    """The document after it was loaded, as HTML."""
    assert CHROMIUM
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [f"--user-data-dir={profile}", "--virtual-time-budget=5000", "--dump-dom", *flags, url]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stdout


def proxied(server: Served) -> tuple[str, str]:
    """Chromium then asks that server for everything, whatever host it is meant for."""
    return (f"--proxy-server=http://127.0.0.1:{server.server_port}", "--proxy-bypass-list=<-loopback>")


def at_page(server: Served, page: str) -> list[str]:
    """Requests for that host of the test; the browser's own errands are not the page's."""
    return [path for path in server.asked if page in path]


class TestInBrowser:
    pytestmark = in_browser

    @pytest.mark.parametrize("name", ["broken", "hostile", "unseen"])
    def test_it_fits_a_phone_and_runs_nothing(
        self,
        name: str,
        serve: Callable[[Mapping[str, str]], Served],
        tmp_path: Path,
        request: pytest.FixtureRequest,
    ) -> None:
        """390 pixels: nothing sticks out, folded or not; the style sheet applies, so its hash is right."""
        server = serve({"/report": render(request.getfixturevalue(name)), "/phone": PHONE})
        dom = browse(f"http://127.0.0.1:{server.server_port}/phone", tmp_path)
        found = re.search(r"<pre>(\{.*?\})</pre>", dom)
        assert found, dom[-500:]
        measured = json.loads(found[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
        assert measured["folded"][0] <= measured["folded"][1] <= 390
        assert measured["unfolded"][0] <= measured["unfolded"][1] <= 390
        assert measured["maxWidth"] == "928px"
        assert (measured["scripts"], measured["images"], measured["handlers"]) == (0, 0, 0)

    def test_it_asks_nobody(
        self, hostile: Diagnosis, serve: Callable[[Mapping[str, str]], Served], tmp_path: Path
    ) -> None:
        server = serve({"http://report.test/": render(hostile)})
        browse("http://report.test/", tmp_path, *proxied(server))
        assert at_page(server, ".test") == ["http://report.test/"]
        assert not at_page(server, "evil.example")

    def test_a_page_that_does_ask_is_caught(
        self, serve: Callable[[Mapping[str, str]], Served], tmp_path: Path
    ) -> None:
        server = serve({"http://report.test/": "<img src='http://other.test/x.png'>"})
        browse("http://report.test/", tmp_path, *proxied(server))
        assert "http://other.test/x.png" in at_page(server, ".test")


def test_it_needs_nothing_else(hostile: Diagnosis) -> None:
    text = render(hostile)
    assert "default-src 'none'; style-src 'sha256-" in text
    assert not re.search(r"<script|<img|<iframe|\son\w+=|style=|@import|url\(|http-equiv=.refresh", text)
    assert re.findall(r'(?:href|src)="([^"]*)"', text) == ["data:,"]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_it_says_what_matters(broken: Diagnosis) -> None:
    text = render(broken)
    for words in (
        "2 causes explain 25 problems.",
        "Linux bridge agent on compute1 is there as process 812",
        "<pre><code>ssh compute1 sudo kill -CONT 812</code></pre>",
        "Explains 23 other findings: 22 × port_down, 1 × server_unreachable",
        "permission denied",
        "2.1 s, 23 API requests, 6 hosts",
    ):
        assert words in text
    assert text.count("<details open>") == 1


def test_a_healthy_cloud(healthy: Diagnosis) -> None:
    text = render(healthy)
    assert "✔ Nothing is wrong." in text
    assert "<article" not in text
    assert "Could not be seen" not in text


def test_ten_thousand_findings_stay_readable(huge: Diagnosis) -> None:
    assert len(render(huge)) < 10_000_000
