"""Masking: a secret is found in whatever form it is written, at a bounded cost."""

from __future__ import annotations

import html
import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from asking import HANGS
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.engine.checks import shorten
from mockserver.http.auth import Auth
from mockserver.http.redaction import hidden

SECRETS = [
    "s3cr3t-VALUE",
    'Sup"er&Hidden é/1',
    "352d20ee67be67f6340b4c0605b044b7",
    "a\\b\\\\c'd",
    "\U0001f600-key-9",
    "px%Rv4=25%%badger",
]


def _each(template: str) -> Callable[[str], str]:
    return lambda secret: "".join(template.format(ord(character)) for character in secret)


def _bytes(template: str) -> Callable[[str], str]:
    return lambda secret: "".join(template.format(byte) for byte in secret.encode())


def _utf16(secret: str) -> str:
    data = secret.encode("utf-16-be")
    return "".join(f"\\u{data[i]:02X}{data[i + 1]:02x}" for i in range(0, len(data), 2))


FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "other case": str.swapcase,
    "without the last character": lambda secret: secret[:-1],
    "with a space": lambda secret: f"{secret[0]} {secret[1:]}",
    "URL": lambda secret: quote(secret, safe=""),
    "form": quote_plus,
    "all percent": _bytes("%{:02x}"),
    "percent twice": _bytes("%25{:02X}"),
    "first by percent": lambda secret: _bytes("%{:02X}")(secret[0]) + secret[1:],
    "last by percent": lambda secret: secret[:-1] + _bytes("%{:02X}")(secret[-1]),
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON in JSON": lambda secret: json.dumps(json.dumps(secret))[3:-3],
    "JSON escapes": _utf16,
    "JSON escapes in JSON": lambda secret: _utf16(secret).replace("\\", "\\\\"),
    "second escaped": lambda secret: secret[0] + _utf16(secret[1]) + secret[2:],
    "repr": lambda secret: repr(secret)[1:-1],
    "repr of bytes": lambda secret: repr(secret.encode())[2:-1],
    "octal": _bytes("\\{:03o}"),
    "braces": _each("\\u{{{:x}}}"),
    "HTML": html.escape,
    "HTML numbers": _each("&#{};"),
    "HTML digits": _each("&#x{:X};"),
    "HTML twice": lambda secret: html.escape(_each("&#{};")(secret)),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "as Latin-1": lambda secret: secret.encode().decode("latin-1"),
    "Latin-1 as UTF-8": lambda secret: secret.encode("latin-1", "replace").decode("utf-8", "replace"),
    **{f"base64 after {n}": lambda secret, n=n: b64encode(b"x" * n + secret.encode() + b"yz").decode() for n in range(4)},
    **{f"base64 of a URL after {n}": lambda secret, n=n: urlsafe_b64encode(b":" * n + secret.encode()).decode() for n in range(3)},
    "base64 in a URL": lambda secret: quote(b64encode(secret.encode()).decode(), safe=""),
    "base64 in JSON": lambda secret: b64encode(secret.encode()).decode().replace("/", "\\/"),
}  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_each_form_is_hidden(secret: str, form: Callable[[str], str]) -> None:
    """A secret is replaced in each form that a server may echo it in, with at most three digits of base64 left."""
    masked = hidden(f"<{form(secret)}>", secret)
    assert "***" in masked
    assert len(masked) <= len("<***>") + 8, masked


@given(st.sampled_from(SECRETS), st.data())
def test_any_mixture_of_escapes_is_hidden(secret: str, data: st.DataObject) -> None:
    """A secret whose characters are each written in a way of their own is replaced."""
    ways = st.sampled_from(
        [str, _utf16, _bytes("%{:02x}"), _bytes("%25{:02X}"), _each("&#{};"), _bytes("\\x{:02x}")]
    )
    masked = hidden("".join(data.draw(ways)(character) for character in secret), secret)
    assert "***" in masked
    assert len(masked) <= len("***") + 8, masked  # digits of an escape may be those of the secret


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("form", [str, _utf16, _bytes("%{:02x}")], ids=["plain", "JSON", "URL"])
def test_a_secret_that_is_cut_is_hidden(secret: str, form: Callable[[str], str]) -> None:
    """The beginning of a secret at the end of a shortened text is replaced, of four characters or more."""
    whole = form(secret)
    for length in range(len(form(secret[:4])), len(whole)):
        masked = hidden(shorten("x" * (40 - length) + whole + "y" * 40, 40), secret)
        assert form(secret[:4]) not in masked, masked


@pytest.mark.parametrize(
    "text", ["s3cr3t", "s3cr-VALUE", "VALUE", "s3cr3t\nVALUE", "&#1153;3cr3t-VALUE", "czNj"]
)
def test_what_is_no_secret_is_left(text: str) -> None:
    """A text that only resembles the secret is left as it is."""
    assert hidden(text, "s3cr3t-VALUE") == text


def test_a_short_secret_is_left() -> None:
    """A secret of less than four characters is not replaced, for it occurs in many texts."""
    assert hidden("an abc", "abc") == "an abc"


@pytest.mark.parametrize(
    "text",
    [
        "\\" * 10**6, "%25" * 300_000, "&amp;" * 200_000, "&#0" * 300_000, "s3cr3t-VALU" * 90_000, "s " * 500_000,
        "\\u0073" * 160_000, "\ufffd" * 10**6, "73" * 500_000, '{"id":"abc","rate":1000}' * 40_000,
    ],
    ids=["backslashes", "percent", "ampersands", "zeros", "nearly", "spaces", "JSON", "replacements", "digits", "usual"],
)  # fmt: skip
@pytest.mark.parametrize(
    "secret", ["s3cr3t-VALUE", "\\" * 12, "s" * 40, "é" * 20], ids=["usual", "backslashes", "same", "accents"]
)
def test_the_cost_is_bounded(text: str, secret: str) -> None:
    """A million characters of any kind are searched in seconds, whatever the secret is made of."""
    start = time.perf_counter()
    hidden(text, secret)
    assert time.perf_counter() - start < HANGS


def test_a_mask_names_the_variable() -> None:
    """The secret becomes its variable, without its last character an expansion, and in other forms words."""
    auth = Auth("X-Secret", "s3cr3t-VALUE", "V")
    assert auth.masked("s3cr3t-VALUE s3cr3t-VALU S3CR3T-value") == "$V ${V%?} V in another form"
