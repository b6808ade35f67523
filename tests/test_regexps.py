"""Regular expressions as Go reads them."""

from __future__ import annotations

import string

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
        (r"[a\.]", "."), (r"[\[]", "["), ("[^[:alpha:]]", "1"), ("[^]a]", "b"), ("[a~b]", "~"), ("[a|b]", "|"),
        ("(?i:X)y", "xy"), ("(?U:x)+", "xx"), ("(?:xy)+", "xyxy"), ("(?im)X$", "x\ny"), ("(?s)x.y", "x\ny"),
        (r"\Qa.b", "a.b"), ("x{2,3}?y", "xxy"), ("x$*y", "xy"), ("(?i)(?U)X", "x"),
        ("a(?i)B", "ab"), ("[[:^alpha:]]", "1"), (r"\pL", "\u00e9"), ("^.$", "\udce9"), ("(?i)k", "\u212a"),
    ],
)  # fmt: skip
def test_an_expression_fits(expression: str, text: str) -> None:
    """An expression of Go matches as in Go, also where Python spells it differently."""
    assert regexps.search(expression, text)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("x$", "x\n"), (r"\d", "\u0663"), (r"\Q.\E", "x"), ("^/x$", "/x/"), ("[^/]", "/"), (".", "\n"),
        ("[^[:alpha:]]", "a"), ("[^]a]", "]"), (r"[a\.]", "\\"), ("(?i:X)Y", "xy"), ("(?s)x$", "x\n"), ("[a&&b]", "c"),
    ],
)  # fmt: skip
def test_an_expression_does_not_fit(expression: str, text: str) -> None:
    """`$` is the very end, and digits are those of ASCII."""
    assert not regexps.search(expression, text)


@pytest.mark.parametrize(
    "expression",
    [
        "(", "[", ")", "*", "a**", "a++", "a{2}{3}", "a{1001}", "(?=x)", "(?!x)", "(?<=x)", "(?>x)", "(?#x)", r"(x)\1", r"\Z",
        r"\y", "a\\", "[[:nothing:]]", "[z-a]", r"\C", r"\Qa\E\C", r"[\C]", "(a{100}){100}", "(?P<n", "(?i",
    ],
)  # fmt: skip
def test_an_expression_is_refused(expression: str) -> None:
    """What Go does not compile is refused, also where Python does."""
    with pytest.raises(regexps.BadExpression):
        regexps.search(expression, "x")


@pytest.mark.parametrize(
    ("name", "characters"),
    [
        ("alnum", string.ascii_letters + string.digits), ("alpha", string.ascii_letters),
        ("ascii", "".join(map(chr, range(128)))), ("blank", " \t"), ("cntrl", "".join(map(chr, (*range(32), 127)))),
        ("digit", string.digits), ("graph", string.ascii_letters + string.digits + string.punctuation),
        ("lower", string.ascii_lowercase),
        ("print", string.ascii_letters + string.digits + string.punctuation + " "),
        ("punct", string.punctuation), ("space", string.whitespace), ("upper", string.ascii_uppercase),
        ("word", string.ascii_letters + string.digits + "_"), ("xdigit", string.hexdigits),
    ],
)  # fmt: skip
def test_a_named_class_has_its_characters(name: str, characters: str) -> None:
    """A class of POSIX has the same characters of ASCII as in Go."""
    fitting = {char for char in map(chr, range(256)) if regexps.search(f"[[:{name}:]]", char)}
    assert fitting == set(characters)


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


@pytest.mark.parametrize(("length", "is_remembered"), [(1024, True), (1025, False)])
def test_long_texts_are_not_remembered(length: int, is_remembered: bool) -> None:
    """The result for an expression and a text of over 1024 bytes together is not remembered."""
    memory = MatchCache(lambda: 0.0, Config())
    path = "/" + "b" * (length - 7) + "\u00e4/a"
    memory.search("/a", path)
    assert memory.search("/a" + path[:-2], "/a") is is_remembered


def test_a_result_is_remembered_up_to_its_time() -> None:
    """A result is remembered up to the end of its 60 seconds, and its time begins anew with the next result."""
    now = [0.0]
    memory = MatchCache(lambda: now[0], Config())
    memory.search("/a", "/b/a")
    now[0] = 60
    assert memory.search("/a/b", "/a")
    now[0] = 61
    assert not memory.search("/a/b", "/a")
    now[0] = 121
    assert not memory.search("/a", "/b/a")


def test_of_many_results_the_oldest_is_forgotten() -> None:
    """Of over 5000 results the one that was made first is forgotten; one that is made again is new."""
    now = [0.0]
    memory = MatchCache(lambda: now[0], Config())
    memory.search("/a", "/b/a")
    memory.search("/c", "/d/c")
    now[0] = SECONDS + 1
    memory.search("/a", "/b/a")
    for number in range(4998):
        memory.search("x", str(number))
    memory.search("x", "the 5001st")
    assert memory.search("/a/b", "/a")
    now[0] = 0
    assert not memory.search("/c/d", "/c")


def test_five_thousand_results_are_remembered() -> None:
    """Of 5000 results none is forgotten."""
    memory = MatchCache(lambda: 0.0, Config())
    memory.search("/a", "/b/a")
    for number in range(4999):
        memory.search("x", str(number))
    assert memory.search("/a/b", "/a")


@pytest.mark.parametrize(
    ("expression", "text", "bound"),
    [
        ("x" * 9000, "x", "8192 characters"),
        (r"\pL{100}", "x", "20000 instructions"),
        (r"\pL{1000}", "x", "too large"),
        ("(?:[ab]*a[ab]{999})", "a" * 2_000_000, "steps"),
    ],
    ids=["length", "program", "memory", "steps"],
)
def test_an_expression_has_bounds(expression: str, text: str, bound: str) -> None:
    """An expression that would take much memory or time is refused, and the message names the bound."""
    with pytest.raises(regexps.BadExpression, match=bound):
        regexps.search(expression, text)


@pytest.mark.parametrize(
    "expression", ["(?:a+)+b", "(?:a*)*b", "(?:a|a)*b", "(?:.*.*.*)*b", "(?:a?){500}a{500}b"]
)
def test_a_search_takes_linear_time(expression: str) -> None:
    """An expression that takes exponential time by backtracking is searched at once."""
    assert not regexps.search(expression, "a" * 20_000)


def test_an_escaped_c_is_a_character() -> None:
    """Only the escape is refused, and not a quoted backslash before a C."""
    assert regexps.search(r"\\C", r"\C")
    assert regexps.search(r"\Q\C\E", r"\C")
