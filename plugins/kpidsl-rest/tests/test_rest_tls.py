"""Services whose certificates are not trusted, or that speak no TLS: told as such, asked once, and nothing is sent."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from kpidsl.diagnostics import SourceError
from kpidsl.hookspecs import ColumnRequest, Context, Limits, Provider, ScanRequest
from kpidsl_prometheus import kpidsl_providers as of_prometheus
from kpidsl_rest import kpidsl_providers as of_rest
from servers.answering import serving

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`key.pem`, and certificates of it: `here`, `elsewhere` and `expired`."""
    folder = tmp_path_factory.mktemp("certificates")
    key = str(folder / "key.pem")
    openssl("genrsa", "-out", key, "2048")
    for name, alternative in {"here": "IP:127.0.0.1", "elsewhere": "DNS:elsewhere.example"}.items():
        says = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}", "-days", "2")
        openssl("req", "-x509", "-key", key, "-out", str(folder / f"{name}.pem"), *says)
    openssl(
        "x509", "-in", str(folder / "here.pem"), "-signkey", key, "-days", "-1", "-out", str(folder / "expired.pem")
    )
    return folder


@contextmanager
def encrypted(folder: Path, name: str) -> Iterator[tuple[str, list[str]]]:
    """The URL of a server with a certificate, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'[{"id": 7}]')

        def log_message(self, *_: object) -> None:
            """Nothing."""

    class Quiet(HTTPServer):
        def handle_error(self, *_: object) -> None:
            """Nothing: a client that does not trust the certificate breaks off."""

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def ids(provider: Provider, url: str) -> dict[str, list[object]]:
    import pyarrow as pa

    assert provider.connection is not None
    made = provider.connection(url=url)
    context = Context(Path(), Path(), connection=made, connection_name="shop", limits=Limits(timeout=20))
    is_rest = provider.name == "rest"
    request = ScanRequest((ColumnRequest("id" if is_rest else "value"),))
    options = provider.options("rows") if is_rest else provider.options("up", step="1h", last="1d")
    found: dict[str, list[object]] = pa.table(provider.open(options, context).scan(request)).to_pydict()  # type: ignore[attr-defined]
    return found


REST, PROMETHEUS = (*of_rest(), *of_prometheus())


@pytest.mark.parametrize("provider", [REST, PROMETHEUS], ids=["rest", "prometheus"])
@pytest.mark.parametrize(
    ("name", "trusted", "says", "remedy"),
    [
        ("here", None, "not trusted: self-signed certificate", "export SSL_CERT_FILE="),
        ("expired", "expired", "not trusted: certificate has expired", "is the clock of this machine right?"),
        ("elsewhere", "elsewhere", "not trusted: IP address mismatch", "name the host that the certificate is for"),
    ],
)
def test_a_certificate_that_is_not_trusted_is_told(
    provider: Provider, name: str, trusted: str | None, says: str, remedy: str,
    certificates: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """It was told as a service that cannot be reached, after three tries."""
    if trusted is not None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates / f"{trusted}.pem"))
    with encrypted(certificates, name) as (url, asked), pytest.raises(SourceError, match=says) as caught:
        ids(provider, url)
    assert (caught.value.code, caught.value.transient, asked) == ("K0601", False, [])
    assert remedy in (caught.value.hint or "")
    assert "`shop` at 127.0.0.1:" in caught.value.message


def test_an_authority_of_ones_own_is_named_by_the_environment(
    certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "here.pem"))
    with encrypted(certificates, "here") as (url, _):
        assert ids(REST, url) == {"id": [7]}


@pytest.mark.parametrize("provider", [REST, PROMETHEUS], ids=["rest", "prometheus"])
def test_what_speaks_no_tls_and_what_has_no_address_is_told(provider: Provider) -> None:
    from servers.answering import Answer

    with serving(lambda _: Answer()) as service, pytest.raises(SourceError, match="does not speak TLS") as caught:
        ids(provider, service.url.replace("http:", "https:"))
    assert caught.value.hint == "is it http, not https?"
    with pytest.raises(SourceError, match=r"no address is known for no-such-host\.invalid"):
        ids(provider, "http://no-such-host.invalid")


@pytest.mark.parametrize("provider", [REST, PROMETHEUS], ids=["rest", "prometheus"])
@pytest.mark.parametrize(
    ("variable", "value"), [("SSL_CERT_FILE", "/nowhere/at/all.pem"), ("HTTPS_PROXY", "nonsense://127.0.0.1:9")]
)
def test_an_environment_that_is_wrong_is_no_fault_of_the_provider(
    provider: Provider, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SourceError, match="`shop` cannot be asked from here") as caught:
        ids(provider, "https://127.0.0.1:9")
    assert variable in (caught.value.hint or "")
