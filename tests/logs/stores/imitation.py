"""Fakes of three stores of logs, on the loopback: the real ones cannot be had for these tests.

They answer as the documentation of each says (see ``collect/logs/stores/``), out of records that a test
gives: they hold the question against them, sort, cut and refuse. What the documentation leaves open they do
in the least convenient way.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Reply = tuple[int, str, bytes | Iterator[bytes]]
Answer = Callable[[str, str, bytes], Reply]


def as_json(told: Any, status: int = 200) -> Reply:
    return status, "application/json", json.dumps(told).encode()


class Server:
    """answers: how; asked: (method, path with query, body) of each request; headers: of each."""

    def __init__(self, answers: Answer) -> None:
        outer = self
        self.answers = answers
        self.asked: list[tuple[str, str, str]] = []
        self.headers: list[dict[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            do_POST = do_GET
            do_DELETE = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.asked.append((handler.command, handler.path, body.decode()))
        self.headers.append(dict(handler.headers))
        status, kind, told = self.answers(handler.command, handler.path, body)
        with suppress(OSError):
            handler.send_response(status)
            handler.send_header("Content-Type", kind)
            if status in (301, 302):
                handler.send_header("Location", told.decode() if isinstance(told, bytes) else "")
            if isinstance(told, bytes):
                handler.send_header("Content-Length", str(len(told)))
            handler.end_headers()
            for piece in (told,) if isinstance(told, bytes) else told:
                handler.wfile.write(piece)
                handler.wfile.flush()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


# -- Elasticsearch ------------------------------------------------------------------------------------------


def words(text: str) -> list[str]:
    """As the standard analyzer takes a text apart, nearly."""
    return re.findall(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*", text.lower())


class Elasticsearch:
    """docs: (milliseconds, source). shuffled: those of the same time come in another order each time, as
    from replicas.
    """

    def __init__(self, docs: list[tuple[int, dict[str, Any]]], time: str = "@timestamp") -> None:
        self.docs = [(at, number, source) for number, (at, source) in enumerate(docs)]
        self.time = time
        self.more: dict[str, Any] = {}
        self.shards: dict[str, Any] = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
        self.random = random.Random(1)
        self.shuffled = False

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        index, _, verb = unquote(urlsplit(path).path).strip("/").rpartition("/")
        if method != "POST" or verb != "_search" or not index.startswith("flog-"):
            error = {
                "type": "index_not_found_exception",
                "reason": f"no such index [{index}]",
                "index": index,
            }
            return as_json({"error": {"root_cause": [error], **error}, "status": 404}, 404)
        asked = json.loads(body)
        if asked["size"] > 10_000:
            reason = "Result window is too large, from + size must be less than or equal to: [10000]"
            return as_json({"error": {"type": "illegal_argument_exception", "reason": reason}}, 400)
        ((name, direction),) = asked["sort"][0].items()
        assert (name, direction["order"]) == (self.time, "desc")
        hits = [doc for doc in self.docs if all(self.matches(each, doc) for each in self.filters(asked))]
        tie = self.random.random if self.shuffled else None
        hits.sort(key=lambda doc: (-doc[0], tie() if tie else doc[1]))
        if "search_after" in asked:
            hits = [doc for doc in hits if doc[0] < asked["search_after"][0]]
        told = {
            "took": 5,
            "timed_out": False,
            "_shards": self.shards,
            "hits": {
                "max_score": None,
                "hits": [
                    {
                        "_index": "flog-2026.11.22",
                        "_id": f"id{number}",
                        "_score": None,
                        **({"_seq_no": number, "_primary_term": 1} if asked["seq_no_primary_term"] else {}),
                        "_source": kept(source, asked["_source"]),
                        "sort": [at],
                    }
                    for at, number, source in hits[: asked["size"]]
                ],
            },
        }
        return as_json({**told, **self.more})

    def filters(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = asked["query"]["bool"]["filter"]
        return found

    def matches(self, query: dict[str, Any], doc: tuple[int, int, dict[str, Any]]) -> bool:
        at, _, source = doc
        ((kind, told),) = query.items()
        if kind == "bool":
            return any(self.matches(each, doc) for each in told["should"])
        if kind == "exists":
            return source.get(told["field"]) is not None
        ((name, value),) = told.items()
        if kind == "range":
            assert (name, value["format"]) == (self.time, "epoch_millis")
            return bool(value["gte"] <= at <= value["lte"])
        here = words(str(source.get(name, "")))
        if kind == "terms":
            return any(each in value for each in (*here, source.get(name)))
        if kind == "match":
            assert value["operator"] == "and"
            return set(words(value["query"])) <= set(here)
        assert kind == "match_phrase"
        phrase = words(value)
        return any(here[at : at + len(phrase)] == phrase for at in range(len(here)))


def kept(source: dict[str, Any], names: list[str]) -> dict[str, Any]:
    tops = {name.partition(".")[0] for name in names}
    return {name: value for name, value in source.items() if name in tops}


# -- Loki ---------------------------------------------------------------------------------------------------


class Loki:
    """lines: (nanoseconds, labels, line), in the order in which they came; of those that are the same it
    keeps one. most: a question may ask for.
    """

    def __init__(self, lines: list[tuple[int, dict[str, str], str]], most: int = 5000) -> None:
        once = {(at, json.dumps(labels), line): (at, labels, line) for at, labels, line in lines}
        self.lines, self.most = [*once.values()], most

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        parts = urlsplit(path)
        if (method, parts.path) != ("GET", "/loki/api/v1/query_range"):
            return 404, "text/plain", b"404 page not found\n"
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        limit = int(asked["limit"])
        if limit > self.most:
            said = f"max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > "
            return 400, "text/plain", f"{said}{self.most})\n".encode()
        selector, _, line_filter = asked["query"].partition(" |~ ")
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', selector))
        pattern = re.compile(line_filter.strip("`")) if line_filter else None
        found = [
            (at, number, labels, line)
            for number, (at, labels, line) in enumerate(self.lines)
            if int(asked["start"]) <= at < int(asked["end"])
            and all(labels.get(name) == value for name, value in wanted.items())
            and (pattern is None or pattern.search(line))
        ]
        assert asked["direction"] == "backward"
        found.sort(key=lambda each: each[:2], reverse=True)
        streams: dict[str, dict[str, Any]] = {}
        for at, _, labels, line in found[:limit]:
            stream = streams.setdefault(json.dumps(labels), {"stream": labels, "values": []})
            stream["values"].append([str(at), line])
        data = {
            "resultType": "streams",
            "result": [*streams.values()],
            "stats": {"summary": {"execTime": 0.1}},
        }
        return as_json({"status": "success", "data": data})


# -- Splunk -------------------------------------------------------------------------------------------------


class Splunk:
    """events: (seconds, fields), in the order in which they came. old: of before 9.0.1."""

    def __init__(self, events: list[tuple[float, dict[str, str]]], old: bool = False) -> None:
        self.events, self.old = events, old
        self.before: list[Any] = [{"preview": True, "offset": 0, "result": {"_raw": "ERROR of a preview"}}]
        self.after: list[Any] = [{"preview": False, "lastrow": True}]

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        known = "/services/search/jobs/export" if self.old else "/services/search/v2/jobs/export"
        if (method, path) != ("POST", known):
            return as_json({"messages": [{"type": "ERROR", "text": "Not Found"}]}, 404)
        asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        assert asked["output_mode"] == "json"
        search, head, evaluated, fields = asked["search"].split(" | ")
        assert (head.split()[0], evaluated) == ("head", "eval mitate_at=_time")
        asks = re.fullmatch(r"search \(index=openstack\)(?: \((.*)\))?", search)
        assert asks
        terms = asks[1]
        found = [
            (at, number, event)
            for number, (at, event) in enumerate(self.events)
            if float(asked["earliest_time"]) <= at < float(asked["latest_time"])
            and (terms is None or matching(terms, event["_raw"]))
        ]
        found.sort(key=lambda each: each[:2], reverse=True)
        names = [name.strip() for name in fields.removeprefix("fields ").split(",")]
        rows = [
            {name: value for name, value in {"mitate_at": f"{at:.6f}", **event}.items() if name in names}
            for at, _, event in found[: int(head.split()[1])]
        ]
        lines = [
            *self.before,
            *({"preview": False, "offset": number, "result": row} for number, row in enumerate(rows)),
            *self.after,
        ]
        return 200, "application/json", "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def matching(terms: str, raw: str) -> bool:
    here = words(raw)
    for each in re.findall(r'\("File" "line" "in"\)|"(?:[^"\\]|\\.)*"', terms):
        if each.startswith("("):
            if {"file", "line", "in"} <= set(here):
                return True
            continue
        phrase = words(each.strip('"').replace('\\"', '"'))
        if any(here[at : at + len(phrase)] == phrase for at in range(len(here))):
            return True
    return False
