"""Regular expressions as Go reads them."""

from __future__ import annotations

import re

import pytest

from mockserver.gateway.config import Config
from mockserver.gateway.match_cache import SECONDS, MatchCache
from mockserver.golang import regexps


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("", ""), ("/x", "/a/x/b"), ("^/x$", "/x"), ("(?i)/X", "/x"), ("(?U)x+", "xx"), ("(?P<n>x)", "x"), ("(?<n>x)", "x"),
        ("[[:alpha:]]+/", "ab/"), ("[[]", "["), ("[a&&b]", "&"), ("x{,5}", "x{,5}"), ("{", "{"), (r"x\z", "x"),
        (r"\Qa.b\E", "a.b"), ("^*a", "a"), ("(?m)x$", "x\ny"), ("x{1000}", "x" * 1000), ("[]a]", "]"),
    ],
)  # fmt: skip
def test_an_expression_fits(expression: str, text: str) -> None:
    """What Go takes is taken, also where Python writes it otherwise."""
    assert regexps.search(expression, text)


@pytest.mark.parametrize(
    ("expression", "text"),
    [("x$", "x\n"), (r"\d", "\u0663"), (r"\Q.\E", "x"), ("^/x$", "/x/"), ("[^/]", "/"), (".", "\n")],
)
def test_an_expression_does_not_fit(expression: str, text: str) -> None:
    """`$` is the very end, and digits are those of ASCII."""
    assert not regexps.search(expression, text)


@pytest.mark.parametrize(
    "expression",
    [
        "(", "[", ")", "*", "a**", "a++", "a{2}{3}", "a{1001}", "(?=x)", "(?!x)", "(?<=x)", "(?>x)", "(?#x)", r"(x)\1", r"\Z",
        r"\y", "a\\", "[[:nothing:]]", "[z-a]",
    ],
)  # fmt: skip
def test_an_expression_is_refused(expression: str) -> None:
    """What Go does not compile is refused, also where Python does."""
    with pytest.raises(re.error):
        regexps.search(expression, "x")


def test_a_result_is_remembered_under_both_texts() -> None:
    """Another pair that comes to the same text has it, until it is forgotten."""
    now = [0.0]
    memory = MatchCache(lambda: now[0], Config())
    assert memory.search("/a", "/b/a")
    assert memory.search("/a/b", "/a")
    now[0] = SECONDS + 1
    assert not memory.search("/a/b", "/a")
    assert not memory.search("/a", "/b/a")
    memory.clear()
    assert memory.search("/a", "/b/a")


@pytest.mark.parametrize("config", [Config(disable_regexp_cache=True), Config(regexp_cache_expire=1)])
def test_remembering_is_configured(config: Config) -> None:
    """It may be switched off, and the time may be set."""
    now = [0.0]
    memory = MatchCache(lambda: now[0], config)
    memory.search("/a", "/b/a")
    now[0] = 2
    assert not memory.search("/a/b", "/a")


def test_not_all_is_remembered() -> None:
    """Long texts are not, and of many the oldest is forgotten."""
    memory = MatchCache(lambda: 0.0, Config())
    long = "/" + "b" * 2000 + "/a"
    memory.search("/a", long)
    assert not memory.search("/a" + long[:-2], "/a")
    memory.search("/a", "/b/a")
    for number in range(5000):
        memory.search("x", str(number))
    assert not memory.search("/a/b", "/a")
