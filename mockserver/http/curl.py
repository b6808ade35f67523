"""The curl command that sends a request again, byte for byte, with the secret as a variable."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from mockserver.console import shell
from mockserver.console.shell import Expansion, Piece
from mockserver.console.terminal import printable
from mockserver.http.auth import PROXY_PASSWORD, Auth
from mockserver.http.client import Header
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.origin import Origin
from mockserver.http.proxy import Proxy, has_proxy_variables

MAX_BODY = 4000  # bytes of a body in a command
HEAD_SECONDS = 5  # to wait for the body that curl expects after the answer to a HEAD with a body
_PLAIN_TARGET = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*(\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]+)?")
_NO_EXPECT = 1024  # bytes; with a longer body some versions of curl ask first


def command(
    auth: Auth,
    url: str,
    method: str,
    target: str,
    headers: Sequence[Header],
    body: bytes | None,
    longest: int = MAX_BODY,
    settings: ConnectionSettings | None = None,
) -> str:
    """The command in one printable line; notes at its end name what curl cannot send so.

    Of a body over `longest` bytes it has the beginning.
    """
    settings = settings or ConnectionSettings()
    headers, proxy = settings.merged(headers), settings.proxy_for(Origin.of(url))
    names = {name.lower() for name, _ in headers}
    words, notes = ["curl", "-gisS", "--path-as-is", *_method(method, has_body=body is not None)], []
    words += _reaching(settings, proxy)
    if "user-agent" not in names:
        words += ["-A", "''"]
    for name in _unwanted(names, body):
        words += ["-H", f"{name}:"]
    for name, value in headers:
        pieces = _encoded(auth.pieces_of_header(name, value), "latin-1", "replace")
        try:
            words += ["-H", shell.word(_checked(pieces))]
        except ValueError as error:
            notes.append(f"without the header {auth.masked(f'{name}: {value}')!r}, for {error}")
    before = ""
    if body is not None:
        pieces = list(_beginning(auth, body, longest))
        if all(isinstance(piece, Expansion) or shell.is_plain(piece) for piece in pieces):
            words += ["--data-raw", shell.word(pieces)]
        else:
            before = f"{shell.printf(pieces)} | "
            words += ["--data-binary", "@-"]
        if len(body) > longest:
            notes.append(f"with the first {longest} of the {len(body)} bytes of the body")
    try:
        words += _place(auth, url, target, is_absolute=proxy is not None and url.startswith("http:"))
    except ValueError as error:
        words.append(shlex.quote(url))
        notes.append(f"without the target {auth.masked(target)!r}, for {error}")
    line = before + " ".join(words)
    if shell.LINE_BREAK in line:
        line = f"{shell.line_break()} {line}"
    return " # ".join([line, *(shlex.quote(printable(note)) for note in notes)])


def _beginning(auth: Auth, body: bytes, left: int) -> Iterator[Piece]:
    """The first `left` bytes in pieces; a secret that reaches over their end is masked as a whole."""
    text = body[: 2 * left].decode("utf-8", "surrogateescape")
    for piece in _encoded(auth.pieces(text), "utf-8", "surrogateescape"):
        if left > 0:
            yield piece if isinstance(piece, Expansion) else piece[:left]
            left -= len(piece)


def _method(method: str, *, has_body: bool) -> list[str]:
    if method == "HEAD" and has_body:
        return ["-X", method, "-m", str(HEAD_SECONDS)]
    if method == "HEAD":
        return ["-I"]
    return [] if method == "GET" and not has_body else ["-X", shell.word([_bytes(method)])]


def _unwanted(names: set[str], body: bytes | None) -> Iterable[str]:
    """The headers that curl would add to those of the request."""
    if "accept" not in names:
        yield "Accept"
    if body is not None and "content-type" not in names:
        yield "Content-Type"
    if body is not None and len(body) > _NO_EXPECT and "expect" not in names:
        yield "Expect"


def _reaching(settings: ConnectionSettings, proxy: Proxy | None) -> Iterator[str]:
    """The options for certificates and the proxy."""
    for option, path in (
        ("--cacert", settings.cacert),
        ("--cert", settings.cert),
        ("--key", settings.cert_key),
    ):
        if path:
            yield from (option, shell.word([_bytes(path)]))
    if settings.insecure:
        yield "-k"
    if proxy is None:
        yield from ("--noproxy", "'*'") if settings.reads_environment and has_proxy_variables() else ()
        return
    yield from ("--proxy", shell.word([_bytes(proxy.url)]))
    if proxy.user:
        password = [Expansion(f"${PROXY_PASSWORD}")] if proxy.password else []
        yield from ("--proxy-user", shell.word([_bytes(f"{proxy.user}:"), *password]))


def _place(auth: Auth, url: str, target: str, *, is_absolute: bool) -> list[str]:
    """The words for URL and target; a target that curl might read differently is given apart."""
    if _PLAIN_TARGET.fullmatch(target):
        return [shell.word(_encoded([url, *auth.pieces(target)], "utf-8", "surrogatepass"))]
    pieces = [url if is_absolute else urlsplit(url).path, *auth.pieces(target)]
    return [
        "--request-target",
        shell.word(_encoded(pieces, "utf-8", "surrogatepass")),
        shell.word([_bytes(url)]),
    ]


def _checked(pieces: list[Piece]) -> list[Piece]:
    if pieces[0][:1] in (b"@", "@"):
        raise ValueError("curl would take it for the name of a file")
    return pieces


def _encoded(pieces: Iterable[str], encoding: str, errors: str) -> list[Piece]:
    return [piece if isinstance(piece, Expansion) else piece.encode(encoding, errors) for piece in pieces]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
