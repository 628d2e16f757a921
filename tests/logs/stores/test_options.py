"""Which store, what its records call things, who asks; what is not understood is a sentence and status 2."""

from __future__ import annotations

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mitate.cli.main import main
from mitate.collect.logs.stores.access import Access
from tests.logs.stores.conftest import Asks, Serve
from tests.logs.stores.test_trouble import GOOD, KINDS


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("opensearch", "give KIND=URL"),
        ("mongodb=http://a", "kinds are elasticsearch"),
        ("opensearch=ftp://a", "is no address"),
        ("opensearch=http://", "is no address"),
        ("opensearch=http://a:99999", "is no address"),
        ("opensearch=http://[a", "is no address"),
        ("opensearch=http://me:geheim77@a", "do not belong on the command line"),
        ("opensearch=http://a?../_cluster/settings", "give an index"),
        ("opensearch=http://a?flog/_delete_by_query", "give an index"),
        ("opensearch=http://a?", "give an index"),
        ("opensearch=http://a?..", "give an index"),
        ("opensearch=http://a?_sql", "give an index"),
        ("loki=http://a", "which streams"),
        ('loki=http://a?{job="x"} | line_format "y"', "which streams"),
        ('loki=http://a?sum(rate({job="x"}[1m]))', "which streams"),
        ("splunk=http://a?index=a | delete", "terms of a search"),
        ("splunk=http://a?[search index=b]", "terms of a search"),
        ("splunk=http://a?`macro`", "terms of a search"),
        ("splunk=http://a?index=a Earliest = -30d", "terms of a search"),
        ("splunk=http://a?index=a) (x", "terms of a search"),
        ('splunk=http://a?index="a', "terms of a search"),
    ],
)
def test_store_is_not_understood(given: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever could do more than search is refused before anything is sent."""
    assert main(["logs", "errors", "--store", given]) == 2
    said = capsys.readouterr().err
    assert says in said and "geheim77" not in said and "Traceback" not in said


@pytest.mark.parametrize("given", ["mine", "kolla,index=x", "kolla,message", "kolla,message=a b", "x=y"])
def test_fields_are_not_understood(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "errors", "--store", "opensearch=http://a", "--store-fields", given]) == 2
    assert "--store-fields" in capsys.readouterr().err


def test_access(tmp_path: Path, serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    """From a file that only its owner may read."""
    file = tmp_path / "access.toml"
    file.write_text('user = "me"\npassword = "geheim77"\n')
    file.chmod(0o644)
    server = serve(GOOD["opensearch"]())
    given = ["logs", "errors", "--since", "2026-11-22", "--until", "2026-11-23", "--store-access", str(file)]
    given += ["--store", f"opensearch={server.url}"]
    assert main(given) == 2
    assert f"chmod 600 {file}" in capsys.readouterr().err
    assert server.asked == []
    file.chmod(0o600)
    assert main(given) == 1
    assert server.headers[0]["Authorization"] == "Basic bWU6Z2VoZWltNzc="
    assert "geheim77" not in "".join(capsys.readouterr())
    for text in ("user = [", "user = 3", 'secret = "x"', 'ca = "/no/such"', 'token = "ü"', "\xff"):
        file.write_text(text, "latin-1")
        assert main(given) == 2
        assert "Traceback" not in capsys.readouterr().err
    assert main([*given[:-3], str(tmp_path / "none"), *given[-2:]]) == 2


def test_access_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MITATE_STORE_TOKEN", "abc")
    monkeypatch.setenv("MITATE_STORE_TENANT", "cloud1")
    window = ("--since", "2026-11-22", "--until", "2026-11-23")
    sent = {}
    for kind, what in (*KINDS, ("elasticsearch", "flog-*")):
        server = serve(GOOD["opensearch" if kind == "elasticsearch" else kind]())
        assert main(["logs", "errors", "--store", f"{kind}={server.url}?{what}", *window]) == 1
        sent[kind] = (server.headers[0]["Authorization"], server.headers[0].get("X-Scope-OrgID"))
    assert sent == {
        "opensearch": ("Bearer abc", None),
        "loki": ("Bearer abc", "cloud1"),
        "splunk": ("Bearer abc", None),
        "elasticsearch": ("ApiKey abc", None),
    }


def test_netrc_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, serve: Serve, ask: Asks) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password geheim77\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setitem(os.environ, "HOME", str(tmp_path))
    server = serve(GOOD["opensearch"]())
    ask("opensearch", server)
    assert all("Authorization" not in each for each in server.headers)


def test_access_without_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "errors", "--store-access", str(tmp_path / "x")]) == 2
    assert "--store" in capsys.readouterr().err


# -- certificates -------------------------------------------------------------------------------------------


def certificate(into: Path) -> Path:
    """Of 127.0.0.1, signed by itself; with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "logs")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    into.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return into


def test_certificates_are_verified(tmp_path: Path, serve: Serve, ask: Asks) -> None:
    """Real TLS: without the authority that signed it there is no answer, with it there is."""
    pem = certificate(tmp_path / "logs.pem")
    server = serve(GOOD["opensearch"]())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
    server.url = server.url.replace("http:", "https:")
    answer = ask("opensearch", server, access=Access(user="me", password="geheim77"))
    assert "TLS handshake failed" in answer.read.unreadable[0][1] and server.asked == []
    assert ask("opensearch", server, access=Access(ca=str(pem))).failed
