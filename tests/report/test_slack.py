"""The Slack message and its delivery. Slack is a fake here: a local server that answers as Slack does."""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mitate.model.diagnosis import Diagnosis
from mitate.model.errors import CannotStart
from mitate.report import Options
from mitate.report.notify import NotDelivered, channel, schemes, slack

SECRET = "/services/T000/B000/s3cretT0ken"
Answer = tuple[int, dict[str, str], str]


class FakeSlack(ThreadingHTTPServer):
    """Gives the answers it was given, in their order, the last one for ever; keeps what it received."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = [(200, {}, "ok")]
        self.received: list[tuple[str, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{SECRET}"


class Handler(BaseHTTPRequestHandler):
    server: FakeSlack

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, json.loads(body)))
        answers = self.server.answers
        status, headers, text = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[FakeSlack]:
    with FakeSlack() as fake:
        threading.Thread(target=fake.serve_forever, daemon=True).start()
        yield fake
        fake.shutdown()


def message(diagnosis: Diagnosis) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(slack.render(diagnosis))
    return told


def texts(told: dict[str, Any]) -> list[str]:
    blocks = told["blocks"]
    found = [block["text"]["text"] for block in blocks if "text" in block]
    return found + [element["text"] for block in blocks for element in block.get("elements", ())]


# -- the message --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["broken", "healthy", "unseen", "noted", "hostile", "huge"])
def test_the_limits(name: str, request: pytest.FixtureRequest) -> None:
    """Slack's own: 50 blocks, 150 characters in a header, 3,000 in a section, about 13,000 in all."""
    told = message(request.getfixturevalue(name))
    assert len(json.dumps(told, ensure_ascii=False)) <= 13_000
    assert 1 <= len(told["blocks"]) <= 50
    assert len(told["blocks"][0]["text"]["text"]) <= 150
    assert all(0 < len(text) <= 3000 for text in texts(told))
    assert told["text"]


def test_the_words(broken: Diagnosis) -> None:
    told = message(broken)
    assert told["text"].startswith("lab: 2 causes explain 25 problems. First: Linux bridge agent on compute1")
    assert texts(told)[0] == "✘ lab: 2 causes explain 25 problems."
    first = texts(told)[1]
    assert first.startswith("*1 CRITICAL*  Linux bridge agent on compute1")
    assert "Explains 22 × port_down, 1 × server_unreachable" in first
    assert first.endswith("Do next:\n```ssh compute1 sudo kill -CONT 812```")
    assert "Not seen: compute2, compute3: journal, iptables: permission denied" in texts(told)[-1]


def test_a_healthy_cloud_is_short(healthy: Diagnosis) -> None:
    told = message(healthy)
    assert len(told["blocks"]) == 2
    assert told["text"] == "lab: Nothing is wrong."


def test_a_huge_diagnosis_says_what_it_leaves_out(huge: Diagnosis) -> None:
    assert re.search(r"… and 99\d more causes", texts(message(huge))[-1])


def test_names_call_nobody(hostile: Diagnosis) -> None:
    """No mention, no link, no way out of a code block; and Slack is told to make none of plain words."""
    told = message(hostile)
    for text in (*texts(told), told["text"]):
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)
        assert text.count("```") % 2 == 0
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert all(block["text"].get("verbatim") for block in told["blocks"] if block["type"] == "section")


# -- the delivery -------------------------------------------------------------------------------------------


def test_it_arrives(server: FakeSlack, broken: Diagnosis) -> None:
    slack.send(server.url, slack.render(broken))
    assert server.received == [(SECRET, message(broken))]


def test_it_waits_when_told_to(server: FakeSlack, broken: Diagnosis) -> None:
    waited: list[float] = []
    server.answers = [(429, {"Retry-After": "7"}, ""), (429, {}, ""), (200, {}, "ok")]
    slack.send(server.url, slack.render(broken), sleep=waited.append)
    assert waited == [7.0, 1.0]
    assert len(server.received) == 3


@pytest.mark.parametrize(
    ("answer", "says", "tries"),
    [
        (
            (429, {"Retry-After": "3600"}, ""),
            r"takes no message for now \(HTTP 429, come again in 3600 s\)",
            1,
        ),
        ((429, {"Retry-After": "1"}, ""), r"takes no message for now", 4),
        ((403, {}, "invalid_token"), r"127\.0\.0\.1 refused the message \(HTTP 403 invalid_token\)\.", 1),
        ((404, {}, f"no such page: {SECRET}"), r"refused the message \(HTTP 404\)\.", 1),
        ((302, {"Location": "/elsewhere"}, ""), r"refused the message \(HTTP 302\)\.", 1),
        ((500, {}, "\x1b[31m"), r"refused the message \(HTTP 500\)\.", 1),
    ],
)
def test_a_refusal_is_one_sentence_without_the_address(
    server: FakeSlack, answer: Answer, says: str, tries: int
) -> None:
    server.answers = [answer]
    with pytest.raises(NotDelivered, match=says) as error:
        slack.send(server.url, "{}", sleep=lambda _: None)
    assert "s3cret" not in str(error.value)
    assert error.value.__cause__ is None
    assert len(server.received) == tries


def test_nobody_there() -> None:
    """A port that is taken, but where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NotDelivered, match=r"could not be reached: Connection refused\.$") as error:
            slack.send(f"http://127.0.0.1:{taken.getsockname()[1]}{SECRET}", "{}")
    assert "s3cret" not in str(error.value)


def test_something_that_is_no_http() -> None:
    """A server that closes at once: still one sentence."""

    def hang_up() -> None:
        listening.accept()[0].close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(NotDelivered, match=r"127\.0\.0\.1 could not be reached"):
            slack.send(f"http://127.0.0.1:{listening.getsockname()[1]}{SECRET}", "{}")


# -- the address --------------------------------------------------------------------------------------------


@pytest.fixture
def trusted(server: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSlack:
    """The server behind TLS, with a certificate that this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "certificate.pem"
    encoding, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem.write_bytes(
        certificate.public_bytes(encoding)
        + key.private_bytes(encoding, private, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return server


@pytest.mark.parametrize("written", ["slack", "env", "file"])
def test_slack_addresses_go_to_https(
    written: str, trusted: FakeSlack, broken: Diagnosis, tmp_path: Path
) -> None:
    secret = f"slack://127.0.0.1:{trusted.server_port}{SECRET}"
    (tmp_path / "webhook").write_text(f"{secret}\n")
    address = {"slack": secret, "env": "env:HOOK", "file": f"file:{tmp_path}/webhook"}[written]
    channel(address, {"HOOK": secret}).send(broken, Options())
    assert trusted.received == [(SECRET, message(broken))]


def test_a_certificate_that_nobody_vouches_for(
    trusted: FakeSlack, broken: Diagnosis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    sends = channel(f"slack://127.0.0.1:{trusted.server_port}{SECRET}", {})
    with pytest.raises(NotDelivered, match="could not be reached") as error:
        sends.send(broken, Options())
    assert "s3cret" not in str(error.value)
    assert not trusted.received


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("mattermost://host/s3cret", "does not know mattermost://; it sends to slack://"),
        ("s3cret", "needs an address with a scheme"),
        ("slack://", "must be slack://HOST/PATH"),
        ("slack://host", "must be slack://HOST/PATH"),
        ("slack://host:s3cret/x", "must be slack://HOST/PATH"),
        ("slack://host/s3cret\nX: y", "must be slack://HOST/PATH"),
        ("http://[s3cret", "needs an address with a scheme"),
        ("env:NO_SUCH_NAME", "env:NO_SUCH_NAME: there is no such environment variable"),
        ("file:/nowhere/at/all", "file:/nowhere/at/all: No such file or directory"),
    ],
)
def test_bad_addresses_are_one_sentence_before_anything_is_asked(address: str, says: str) -> None:
    with pytest.raises(CannotStart, match=re.escape(says)) as error:
        channel(address, {})
    assert "s3cret" not in str(error.value)


def test_what_slack_shows_for_copying_is_understood() -> None:
    assert channel("env:HOOK", {"HOOK": f"https://hooks.slack.com{SECRET}"}).name == "slack"
    assert schemes() == ("slack",)
