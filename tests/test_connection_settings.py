"""The options that say how a service is reached, and the lines to paste that they make."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest
from tls import Chain

from mockserver.http import connection_options, curl, proxy
from mockserver.http.auth import Auth
from mockserver.http.connection_options import OPTIONS
from mockserver.http.connection_settings import HEADERS_VARIABLE, PROXY_VARIABLE, ConnectionSettings
from mockserver.http.origin import Origin
from mockserver.http.proxy import Proxy

SECRET = "reach-secret"
PROXIES = {
    "HTTP_PROXY": "http://web:3128",
    "HTTPS_PROXY": "tls:3129",
    "NO_PROXY": "intern, .example.org,b:81",
}


def test_the_page_has_all_options() -> None:
    """docs/reaching.md has a row for each option, and all variables."""
    page = (Path(__file__).parent.parent / "docs" / "reaching.md").read_text()
    assert set(re.findall(r"^\| `--([\w-]+)", page, re.MULTILINE)) == set(OPTIONS)
    assert not [name for name in (HEADERS_VARIABLE, PROXY_VARIABLE) if name not in page]


@pytest.fixture(name="chain", scope="module")
def _chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    return Chain(tmp_path_factory.mktemp("chain"))


def _settings(**options: object) -> ConnectionSettings:
    return ConnectionSettings.of(**{"environment": {}, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"cacert": "/no/such.pem"}, "--cacert /no/such.pem: No such file or directory"),
        ({"cacert": "{other_key}"}, "there is no certificate in PEM in it"),
        ({"cert": "/no/such.pem"}, "--cert /no/such.pem: No such file"),
        ({"cert": "{client}"}, "no private key"),
        ({"cert": "{client}", "cert_key": "{other_key}"}, "the key is not that of --cert"),
        ({"cert": "{client}", "cert_key": "{locked_key}"}, "the private key is encrypted"),
        ({"cert_key": "{client_key}"}, "--cert-key has no certificate"),
        ({"cacert": "{root}", "insecure": True}, "contradict each other"),
        ({"headers": ["no colon"]}, "has no name and colon"),
        ({"headers": ["Host: x"]}, "the suite itself sends Host"),
        ({"headers": ["x-tyk-authorization: x"]}, "the suite itself sends x-tyk-authorization"),
        ({"headers": ["X-A: b\tc"]}, "X-A: its value is empty or has control"),
        ({"headers": ["@/no/such.txt"]}, "--header @/no/such.txt: No such file"),
        ({"proxy": "socks5://x:1"}, "--http-proxy is not the URL of an HTTP proxy"),
        ({"proxy": "http://x:port"}, "--http-proxy has no valid port"),
        ({"base_path": "/a b"}, "--base-path '/a b' is not a path"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(
    chain: Chain, options: dict[str, object], complaint: str
) -> None:
    """An option that cannot be used is named before anything is sent, with the next step."""
    given = {
        name: value.format(**vars(chain)) if isinstance(value, str) else value
        for name, value in options.items()
    }
    with pytest.raises(ValueError, match="; ") as caught:
        _settings(**given)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("url", "base_path", "located"),
    [
        ("http://g:1", "", "http://g:1"),
        ("http://g:1/", "", "http://g:1"),
        ("http://g:1", "tyk-gw/", "http://g:1/tyk-gw"),
        ("http://g:1/tyk-gw/", "/tyk-gw", "http://g:1/tyk-gw"),
        ("g:1", "", "http://g:1"),
    ],
)
def test_a_base_path_is_put_before_each_target(url: str, base_path: str, located: str) -> None:
    """The base path is added to the URL, once."""
    assert _settings(base_path=base_path).located(url) == located


def test_the_settings_come_to_the_process_of_the_suite(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments and variables give the same settings again, with no header and no password in the arguments."""
    settings = _settings(
        cacert=chain.root, cert=chain.client, cert_key=chain.client_key, base_path="/gw",
        headers=["X-A: s3cret", "X-B: b"], proxy="http://me:p%40ss@p:1",  # pragma: allowlist secret
    )  # fmt: skip
    arguments = connection_options.arguments_of(settings, "gateway-")
    for name, value in connection_options.variables_of(settings).items():
        monkeypatch.setenv(name, value)
    parser = argparse.ArgumentParser()
    connection_options.add_options(parser.add_argument, "gateway-")
    options = vars(parser.parse_args(arguments))
    again = connection_options.settings_of(lambda name: options[f"gateway_{name.replace('-', '_')}"])
    assert again == settings
    assert not [word for word in arguments if "s3cret" in word or "ss@" in word]


def test_a_path_that_was_pasted_is_refused() -> None:
    """A URL with a path is refused, and both remedies are named."""
    with pytest.raises(
        ValueError, match="the URL has the path /tyk; give http://g:18080, or --base-path /tyk"
    ):
        _settings().located("http://g:18080/tyk")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://gateway:8080", "http://web:3128"),
        ("https://gateway", "http://tls:3129"),
        ("http://intern", None),
        ("http://a.example.org", None),
        ("http://b:81", None),
        ("http://b:82", "http://web:3128"),
        ("http://localhost:1", None),
        ("http://127.0.0.7:1", None),
        ("http://[::1]:1", None),
    ],
)
def test_the_environment_names_the_proxy(url: str, expected: str | None) -> None:
    """HTTP_PROXY and HTTPS_PROXY hold but for the hosts of NO_PROXY and loopback addresses."""
    found = proxy.of_environment(Origin.of(url), PROXIES)
    assert (found.url if found else None) == expected


def test_a_proxy_that_is_asked_for_is_used_for_loopback() -> None:
    """A proxy of the option --http-proxy leads to loopback addresses too."""
    assert _settings(proxy="http://p:1").proxy_for(Origin.of("http://127.0.0.1:1")) == Proxy("p", 1)


def test_a_line_to_paste_reaches_the_service_the_same_way() -> None:
    """A curl line has the certificates, the proxy and the headers, and a variable for each secret."""
    settings = ConnectionSettings(
        cacert="ca.pem",
        cert="my cert.pem",
        cert_key="k.pem",
        headers=(("X-Api-Key", "k3y-value"), ("X-Team", "a b"), ("X-Gate", "Bearer t0ken-value")),
        proxy=Proxy("proxy", 3128, "me", "passw0rd"),
    )
    auth = Auth.chain(Auth("X-Tyk-Authorization", SECRET), *Auth.of_connection(settings))
    line = curl.command(
        auth, "https://g/pre", "GET", "/hello?k3y-value=passw0rd", [auth.line], None, settings=settings
    )
    assert "--cacert ca.pem --cert 'my cert.pem' --key k.pem --proxy http://proxy:3128" in line
    assert """--proxy-user me:"$PROXY_PASSWORD" """ in line
    assert (
        """-H 'X-Api-Key: '"$HEADER_X_API_KEY" -H 'X-Team: a b' -H 'X-Gate: Bearer '"$HEADER_X_GATE" """
        in line
    )
    assert """https://g/pre'/hello?'"$HEADER_X_API_KEY"=""" in line
    assert not [secret for secret in ("k3y-value", "t0ken-value", "passw0rd", SECRET) if secret in line]
    assert " -k " in curl.command(
        auth, "https://g", "GET", "/", [], None, settings=ConnectionSettings(insecure=True)
    )


@pytest.mark.parametrize(
    ("header", "is_secret"),
    [
        (("X-Api-Key", "a"), True),
        (("Cookie", "a=b"), True),
        (("X-Gate", "Bearer x"), True),
        (("X-Trace", "4bf92f3577b34da6a3ce929d0e0e4736"), True),
        (("X-Team", "payments"), False),
        (("X-Forwarded-Proto", "https"), False),
    ],
)
def test_a_header_that_looks_secret_is_masked(header: tuple[str, str], is_secret: bool) -> None:
    """The value of a header is masked if its name or its form says that it is secret."""
    assert bool(ConnectionSettings(headers=(header,)).secrets) is is_secret
