"""A fake cloud: an HTTP server on the loopback that answers as Keystone and the services would, for errors
and sizes that a real cloud cannot be asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Reply = tuple[int, str, bytes]
Route = Callable[[dict[str, str], dict[str, str]], Reply]


def reply(body: Any, status: int = 200) -> Reply:
    return status, "application/json", json.dumps(body).encode()


def fixed(answer: Reply) -> Route:
    return lambda query, headers: answer


HTML = (404, "text/html", b"<!DOCTYPE HTML><html><body>Not Found</body></html>")


class Imitation:
    """An HTTP server whose paths are functions of query and headers; ``asked`` is what came in."""

    def __init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.answer(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.routes: dict[str, Route] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.catalogue: list[dict[str, Any]] = []
        self.routes["POST /v3/auth/tokens"] = lambda query, headers: reply(
            {
                "token": {
                    "expires_at": "2099-01-01T00:00:00.000000Z",
                    "issued_at": "2026-01-01T00:00:00.000000Z",
                    "methods": ["password"],
                    "user": {"id": "u", "name": "admin", "domain": {"id": "default", "name": "Default"}},
                    "project": {"id": "p", "name": "admin", "domain": {"id": "default", "name": "Default"}},
                    "roles": [{"id": "r", "name": "admin"}],
                    "catalog": self.catalogue,
                }
            },
            201,
        )
        self.routes["GET /v3"] = lambda query, headers: reply({"version": {"id": "v3"}})
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def service(self, kind: str, path: str = "", url: str = "") -> None:
        place = {
            "interface": "public",
            "region": "RegionOne",
            "region_id": "RegionOne",
            "url": url or self.url + path,
        }
        self.catalogue.append({"type": kind, "name": kind, "id": kind, "endpoints": [place | {"id": kind}]})

    def at(self, path: str, answer: Reply | Route) -> None:
        self.routes[f"GET {path}"] = answer if callable(answer) else fixed(answer)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        self.asked.append(f"{handler.command} {handler.path}")
        self.headers.append(dict(handler.headers.items()))
        route = self.routes.get(f"{handler.command} {parts.path}", fixed(HTML))
        status, kind, body = route(dict(parse_qsl(parts.query)), dict(handler.headers.items()))
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        if status == 201:
            handler.send_header("X-Subject-Token", "the-token")
        with suppress(BrokenPipeError):  # who asked may be gone
            handler.end_headers()
            handler.wfile.write(body)


def write_clouds(directory: Path, auth_url: str) -> Path:
    """A clouds.yaml with the cloud ``test``."""
    auth = {
        "auth_url": auth_url,
        "username": "admin",
        "password": "pw",
        "project_name": "admin",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    file = directory / "clouds.yaml"
    file.write_text(json.dumps({"clouds": {"test": {"region_name": "RegionOne", "auth": auth}}}))
    return file
