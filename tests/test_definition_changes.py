"""Headers and URLs that a definition changes, where a hostile definition, key or client would do harm."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from orders import get, key, serve, told

from mockserver import MockGateway
from mockserver.gateway.proxy.url_triggers import TOO_MANY
from mockserver.gateway.proxy.variables import DEEPEST, LONGEST, shown
from mockserver.http.echo_server import MIRROR, Echo

PAYLOAD = {"payload_matches": {"match_rx": "a"}}
SOON = 10.0  # seconds for what takes much longer without a bound


@pytest.fixture(name="gateway")
def _gateway() -> Iterator[MockGateway]:
    with MockGateway() as gateway:
        yield gateway


def version(**members: Any) -> dict[str, Any]:
    """The version data of an API with these members."""
    default = {"name": "Default", "use_extended_paths": True, **members}
    return {"not_versioned": True, "versions": {"Default": default}}


def rewriting(pattern: str, rewrite_to: str) -> dict[str, Any]:
    """The version data of an API that rewrites all URLs."""
    entry = {"path": "/", "method": "GET", "match_pattern": pattern, "rewrite_to": rewrite_to}
    return version(extended_paths={"url_rewrites": [entry]})


@pytest.mark.parametrize(
    ("members", "metadata"),
    [
        ({"global_headers": {"X-A": "$tyk_meta.a" * 40}}, {"a": "$tyk_meta.a" * 2}),
        ({"global_headers": {"X-A": "$tyk_meta.a" * 2000}}, {"a": "x" * 2000}),
        ({"global_headers": {f"X-{number}": "$tyk_meta.a" for number in range(100)}}, {"a": "x" * 100_000}),
        ({"global_headers": {"X-A": "$tyk_meta.a"}}, {"a": ["%" * 999] * 999}),
        ({"global_response_headers": {"X-A": "$tyk_meta.a" * 2000}}, {"a": "x" * 2000}),
    ],
    ids=["of-itself", "repeated", "many", "list", "answers"],
)
def test_texts_with_variables_have_bounds(
    gateway: MockGateway, members: dict[str, Any], metadata: dict[str, Any]
) -> None:
    """Values that would make huge headers are refused at once."""
    serve(gateway, use_keyless=False, version_data=version(**members))
    name, start = key(gateway, meta_data=metadata), time.monotonic()
    status, text = told(get(gateway, name, "/orders/"))
    assert (status, "characters from variables" in text) == (500, True)
    assert time.monotonic() - start < SOON


def test_new_urls_have_bounds(gateway: MockGateway) -> None:
    """A rewriting that repeats a long URL is refused at once, and so is an expression of a huge program."""
    serve(gateway, use_keyless=False, version_data=rewriting("(.*)", "$1" * 2000))
    status, text = told(get(gateway, key(gateway), f"/orders/{'x' * 2000}"))
    assert (status, "characters from variables" in text) == (500, True)
    serve(gateway, use_keyless=False, version_data=rewriting("(a{1,1000}){1,1000}", "/b"))
    assert told(get(gateway, key(gateway), "/orders/a"))[0] == 500


def test_triggers_have_a_bound(gateway: MockGateway) -> None:
    """A path of many parts, each held against many expressions, is refused at once."""
    rules = {f"a{number}": {"match_rx": "(x?)b", "reverse": False} for number in range(1000)}
    trigger = {"on": "all", "rewrite_to": "/b", "options": {"path_part_matches": rules}}
    entry = {"path": "/", "method": "GET", "match_pattern": "(.*)", "rewrite_to": "/c", "triggers": [trigger]}
    serve(gateway, use_keyless=False, version_data=version(extended_paths={"url_rewrites": [entry]}))
    start = time.monotonic()
    status, text = told(get(gateway, key(gateway), "/orders" + "/b" * 20_000))
    assert (status, text) == (500, TOO_MANY)
    assert time.monotonic() - start < SOON


def test_lists_in_lists_have_a_bound() -> None:
    """A list that is nested deeper than the bound is refused, one at the bound is not."""
    value: Any = "a"
    for _ in range(DEEPEST):
        value = [value]
    assert shown(value) == "a"
    with pytest.raises(Exception, match=f"{LONGEST} characters"):
        shown([value])


@pytest.mark.parametrize("text", ["a\r\nX-Own: 1", "a\nb", "\r\n\r\n<p>"])
def test_a_value_splits_no_answer(gateway: MockGateway, text: str) -> None:
    """A line end in metadata is a blank in a header of an answer, and refused in one of a request."""
    headers = {"global_response_headers": {"X-A": "[$tyk_meta.a]"}}
    serve(gateway, use_keyless=False, version_data=version(**headers))
    name = key(gateway, meta_data={"a": text})
    answer = get(gateway, name, "/orders/")
    assert answer.get("X-A") == f"[{text}]".replace("\r", " ").replace("\n", " ")
    assert answer.get("X-Own") == ""


def test_a_secret_that_the_mock_does_not_read_is_told(gateway: MockGateway) -> None:
    """A secret of a store is left out of a header, and the journal says so."""
    headers = {"global_headers": {"X-A": "[$secret_vault.a/b]"}}
    serve(gateway, use_keyless=False, version_data=version(**headers))
    assert get(gateway, key(gateway), "/orders/").status == 200
    entry = gateway.journal[-1]
    assert entry.upstream is not None
    assert entry.upstream["headers"]["X-A"] == "[]"
    assert any("$secret_vault.a/b" in warning for warning in entry.warnings)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"rewrite_to": "/b", "triggers": [{"on": "any", "options": PAYLOAD, "rewrite_to": "/c"}]}, "body"),
    ],
)
def test_other_rewritings_are_refused(gateway: MockGateway, entry: dict[str, Any], reason: str) -> None:
    """A rewriting with a trigger on bodies is answered with 501; the journal has the reason."""
    listed = {"path": "/a", "method": "GET", "match_pattern": "a", **entry}
    serve(gateway, use_keyless=False, version_data=version(extended_paths={"url_rewrites": [listed]}))
    assert told(get(gateway, key(gateway), "/orders/a"))[0] == 501
    assert reason in (gateway.journal[-1].reason or "")


def test_repeated_headers_and_an_empty_query_are_passed_on(gateway: MockGateway) -> None:
    """All values of a repeated header reach the upstream, and so does a question mark without a query."""
    with Echo() as upstream:
        proxy = {
            "listen_path": "/orders/",
            "target_url": upstream.url + MIRROR[1:],
            "strip_listen_path": True,
        }
        serve(gateway, use_keyless=True, proxy=proxy)
        answer = get(gateway, "", "/orders/a?", ("X-A", "1"), ("X-B", "3"), ("x-a", "2"))
    seen = json.loads(answer.body)
    assert (seen["path"], seen["headers"]["X-A"], seen["headers"]["X-B"]) == ("/mirror/a?", ["1", "2"], ["3"])


def test_an_api_that_targets_itself_ends_without_addresses_too(gateway: MockGateway) -> None:
    """Requests that go round and round are ended, also if the definition removes the addresses on their way."""
    proxy = {"listen_path": "/orders/", "target_url": f"{gateway.url}/orders/", "strip_listen_path": True}
    removed = version(global_headers_remove=["X-Forwarded-For"])
    serve(gateway, use_keyless=True, proxy=proxy, version_data=removed)
    start = time.monotonic()
    assert get(gateway, "", "/orders/a").status >= 500
    assert time.monotonic() - start < SOON


@pytest.mark.parametrize(
    "members",
    [
        {"version_data": rewriting("/", "tyk://self/?loop_limit=1000000000")},
        {"proxy": {"listen_path": "/orders/", "target_url": "tyk://orders/"}},
    ],
    ids=["url", "target"],
)
def test_a_request_is_handed_on_a_bounded_number_of_times(
    gateway: MockGateway, members: dict[str, Any]
) -> None:
    """A definition by which a request never ends is answered with 508, and told to be corrected."""
    serve(gateway, use_keyless=True, **members)
    status, text = told(get(gateway, "", "/orders/"))
    assert (status, "correct the definition" in text) == (508, True)
