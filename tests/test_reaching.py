"""How commands reach a service: TLS, client certificates, headers, proxies, a base path."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import run_command, verify
from tls import Chain, front, join, listening

from contract_tests.engine import preflight
from contract_tests.engine.preflight import PreflightError
from contract_tests.gateway.service import GATEWAY
from mockserver import MockGateway
from mockserver.http.client import Client, NoHandshake, Unreachable
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.origin import Origin

SECRET = "reach-secret"


@pytest.fixture(name="gateway", scope="module")
def _gateway() -> Iterator[MockGateway]:
    with MockGateway(secret=SECRET) as gateway:
        yield gateway


@pytest.fixture(name="chain", scope="module")
def _chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(tmp_path_factory.mktemp("chain"))


def _settings(**options: object) -> ConnectionSettings:
    return ConnectionSettings.of(**{"environment": {}, **options})  # type: ignore[arg-type]


def _hello(url: str, settings: ConnectionSettings | None = None) -> int:
    with Client(url, 5, settings=settings) as client:
        return client.send("GET", "/hello").status


def test_an_own_ca_is_trusted(gateway: MockGateway, chain: Chain) -> None:
    """A server whose certificate an intermediate CA of one's own has signed is trusted by its root alone."""
    with front(gateway.url, chain.server()) as url:
        assert _hello(url, _settings(cacert=chain.root)) == 200
        assert _hello(url, _settings(insecure=True)) == 200


@pytest.mark.parametrize(
    ("server", "is_known", "remedy"),
    [
        pytest.param(
            {}, False, "give the file of its CA with --cacert FILE or in SSL_CERT_FILE", id="own CA"
        ),
        pytest.param({"with_intermediate": False}, True, "add those to the server's", id="no intermediate"),
        pytest.param({"host": "other.test"}, True, "is for another name", id="other name"),
        pytest.param({"host": "127.0.0.9"}, True, "is for another name", id="other address"),
        pytest.param({"days": -1}, True, "has expired; renew it", id="expired"),
        pytest.param({"asks": True}, True, "a client certificate; give one with --cert", id="client"),
    ],
)
def test_a_handshake_that_fails_says_what_to_do(
    gateway: MockGateway, chain: Chain, server: dict[str, object], is_known: bool, remedy: str
) -> None:
    """A TLS connection that fails says what is wrong with the certificate, and which option mends it."""
    settings = _settings(cacert=chain.root if is_known else "")
    with front(gateway.url, chain.server(**server)) as url, pytest.raises(PreflightError) as refused:  # type: ignore[arg-type]
        preflight.look(GATEWAY, url, SECRET, "auto", settings=settings)
    assert remedy in str(refused.value)
    assert "running there" not in str(refused.value)


def test_a_client_certificate_is_sent(gateway: MockGateway, chain: Chain) -> None:
    """A server that demands a client certificate is given that of --cert and --cert-key, or of one file."""
    both = chain.write("both.pem", Path(chain.client).read_bytes() + Path(chain.client_key).read_bytes())
    with front(gateway.url, chain.server(asks=True)) as url:
        given = _settings(cacert=chain.root, cert=chain.client, cert_key=chain.client_key)
        assert _hello(url, given) == 200
        assert _hello(url, _settings(cacert=chain.root, cert=both)) == 200


def test_https_to_a_plain_port_says_so(gateway: MockGateway) -> None:
    """A plain port that is given as https is told as one that does not speak TLS."""
    with (
        pytest.raises(NoHandshake, match="http://"),
        Client(gateway.url.replace("http", "https"), 0.4) as client,
    ):
        client.send("GET", "/hello")


def test_http_to_a_tls_port_says_so(gateway: MockGateway, chain: Chain) -> None:
    """A TLS port that is given as http is told as one that may speak TLS."""
    with (
        front(gateway.url, chain.server()) as url,
        pytest.raises(PreflightError, match="give the URL with https://"),
    ):
        preflight.look(GATEWAY, url.replace("https", "http"), SECRET, "auto")


def _answering(data: bytes) -> Callable[[socket.socket], None]:
    """A function that answers each connection's first bytes with the same data."""

    def serve(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):
                connection.sendall(data)

    return serve


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            b"HTTP/1.1 301 Moved\r\nLocation: https://api.example.org/hello\r\nContent-Length: 0\r\n\r\n",
            "redirects to https://api.example.org/hello; give https://api.example.org",
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
            "redirects to /login; check the URL, or give the --base-path",
        ),
        (
            b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
            "speaks TLS; give https://127.0.0.1",
        ),
    ],
    ids=["to https", "to a path", "plain to TLS"],
)
def test_a_server_on_the_way_is_told(answer: bytes, message: str) -> None:
    """A redirect is told with its goal, and a TLS port with the scheme, as the next step."""

    def serve(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):
                connection.sendall(answer)
                if answer.startswith(b"HTTP/1.0"):
                    return

    with listening(serve) as port, pytest.raises(PreflightError) as caught:
        preflight.look(GATEWAY, f"http://127.0.0.1:{port}", SECRET, "auto")
    assert message in str(caught.value)


def test_no_secret_is_told_apart_from_a_wrong_one(gateway: MockGateway) -> None:
    """A gateway that asks for a secret is told as such if none was given, and as refusing a wrong one."""
    with pytest.raises(PreflightError, match=r"no secret was given, and .* asks for one: .*TYK_GW_SECRET"):
        preflight.look(GATEWAY, gateway.url, "", "auto")
    with pytest.raises(PreflightError, match="refuses the secret"):
        preflight.look(GATEWAY, gateway.url, "wrong", "auto")


@pytest.mark.parametrize("is_secure", [False, True])
def test_requests_go_through_a_proxy(gateway: MockGateway, chain: Chain, is_secure: bool) -> None:
    """A plain request is sent to the proxy with an absolute target, and TLS through a tunnel, with the login."""
    heads: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            heads.append(connection.recv(65536, socket.MSG_PEEK))
            target = heads[-1].split(b" ")[1].decode()
            if is_secure:
                connection.recv(len(heads[-1]))
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            origin = Origin.of(f"http://{target}" if is_secure else target)
            join(connection, (origin.host, origin.port))

    with front(gateway.url, chain.server()) as secure_url, listening(serve) as port:
        url = secure_url if is_secure else gateway.url
        login = f"http://me:p%40ss@127.0.0.1:{port}"  # pragma: allowlist secret
        settings = _settings(proxy=login, cacert=chain.root)
        assert _hello(url, settings) == 200
    start = f"CONNECT {url.removeprefix('https://')}" if is_secure else f"GET {url}/hello"
    assert heads[0].startswith(f"{start} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic bWU6cEBzcw==\r\n" in heads[0]


def test_a_proxy_that_opens_no_tunnel_is_named() -> None:
    """A proxy that refuses a tunnel is named with its status, and so is what it wants."""
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
    with listening(_answering(refusal)) as port, pytest.raises(Unreachable) as caught:
        _hello("https://gateway.test", _settings(proxy=f"http://127.0.0.1:{port}"))
    assert "answers 407 to CONNECT gateway.test:443; give its user and password" in str(caught.value)


def test_a_header_is_sent_unless_the_request_has_it(gateway: MockGateway) -> None:
    """A header of the user is sent with each request that does not itself have one of that name."""
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            seen.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    settings = _settings(
        headers=["X-Way: a", "User-Agent: mine"], environment={"TYK_CONTRACT_HEADERS": "X-Env: e"}
    )
    with listening(serve) as port, Client(f"http://127.0.0.1:{port}", 5, settings=settings) as client:
        client.send("GET", "/", [("user-agent", "own")])
    lines = seen[0].decode().split("\r\n")
    assert {"X-Env: e", "X-Way: a", "user-agent: own"} <= set(lines)
    assert "User-Agent: mine" not in lines


@pytest.mark.slow
def test_verify_conforms_over_tls_behind_a_prefix(gateway: MockGateway, chain: Chain, tmp_path: Path) -> None:
    """A gateway behind TLS, a client certificate and a prefix conforms; no report has a secret header."""
    reports = [tmp_path / f"r.{kind}" for kind in ("json", "xml", "yaml", "html")]
    with _prefixed(gateway, "/gw") as plain, front(plain, chain.server(asks=True)) as url:
        done = verify(
            url, "--quick", "--cacert", chain.root, "--cert", chain.client, "--cert-key", chain.client_key,
            "--base-path", "/gw", "--header", "X-Api-Key: way-secret", *(f"--report={path}" for path in reports),
            TYK_GW_SECRET=SECRET,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{url}/gw  gateway" in done.stdout
    assert "each request had more headers of the user: X-Api-Key" in done.stdout
    for text in (done.stdout, done.stderr, *(path.read_text() for path in reports)):
        assert "way-secret" not in text


@pytest.mark.slow
def test_every_command_takes_the_options(gateway: MockGateway, chain: Chain) -> None:
    """Each command that asks a gateway takes an own CA, by option or by SSL_CERT_FILE, and --insecure."""
    with front(gateway.url, chain.server()) as url:
        arguments = ("clean", url, "--secret", SECRET)
        assert run_command(*arguments, "--cacert", chain.root).returncode == 0
        assert run_command(*arguments, SSL_CERT_FILE=chain.root).returncode == 0
        unknown = run_command("clean", url, "--insecure")
        assert (unknown.returncode, "no secret was given" in unknown.stderr) == (2, True)
        assert "certificate of the server is not checked" in unknown.stderr
        refused = run_command(*arguments)
        assert (refused.returncode, "--cacert FILE" in refused.stderr) == (3, True)
        impact = ("impact", url, "--secret", SECRET, "--delete", "absent", "--insecure")
        assert "no policy" in run_command(*impact).stderr


@pytest.mark.slow
def test_a_transfer_and_why_take_the_options(gateway: MockGateway, chain: Chain, tmp_path: Path) -> None:
    """`export`, `import` and `why` reach a gateway behind TLS, a client certificate and a prefix."""
    (tmp_path / "session.json").write_text('{"apply_policies": ["gold"]}')
    gateway.policies.seed({"id": "gold", "rate": 5, "per": 1})
    with _prefixed(gateway, "/gw") as plain, front(plain, chain.server(asks=True)) as url:
        options = (
            "--secret", SECRET, "--cacert", chain.root, "--cert", chain.client, "--cert-key", chain.client_key,
            "--base-path", "/gw",
        )  # fmt: skip
        done = run_command("export", url, "--output", str(tmp_path / "saved"), *options)
        assert (done.returncode, "1 policy" in done.stdout) == (0, True), done.stderr
        gateway.reset()
        done = run_command("import", str(tmp_path / "saved"), url, *options)
        assert (done.returncode, gateway.policies["gold"]["rate"]) == (0, 5), done.stderr
        why = ("why", url, "--session", str(tmp_path / "session.json"), *options)
        assert "gold" in run_command(*why).stdout
        assert run_command("why", f"{url}/other", *why[2:]).returncode == 2


@pytest.mark.slow
def test_live_recording_refuses_what_it_cannot_honour(gateway: MockGateway, tmp_path: Path) -> None:
    """`record --proxy` names an HTTP proxy, and options of scenarios, as what it does not take."""
    command = ("record", "--proxy", gateway.url, "--out", str(tmp_path / "live.jsonl"))
    refused = run_command(*command, "--http-proxy", "http://127.0.0.1:1")
    assert (refused.returncode, "leave out --http-proxy" in refused.stderr) == (2, True)
    refused = run_command(*command, "--scenarios", "policies")
    assert (refused.returncode, "--scenarios: --proxy plays no scenarios" in refused.stderr) == (2, True)


@contextmanager
def _prefixed(gateway: MockGateway, prefix: str) -> Iterator[str]:
    """A plain front that takes a prefix out of each request line, as an ingress does."""
    place = Origin.of(gateway.url)

    def stripped(data: bytes) -> bytes:
        line, end, rest = data.partition(b"\r\n")
        return line.replace(prefix.encode(), b"", 1) + end + rest

    def serve(connection: socket.socket) -> None:
        with connection:
            join(connection, (place.host, place.port), stripped)

    with listening(serve) as port:
        yield f"http://127.0.0.1:{port}"
