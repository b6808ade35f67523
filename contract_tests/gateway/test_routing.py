"""Paths and methods, before an operation handles a request."""

from __future__ import annotations

import json

import pytest

from contract_tests.engine.checks import (
    Mismatch,
    difference,
    expect,
    expect_json,
    expect_no_header,
    expect_redirect,
    shorten,
)
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.checks import expect_error, expect_page_not_found, expect_policy, listed, steady
from contract_tests.gateway.client import Gateway, path_of
from contract_tests.gateway.resources import POLICIES

FILTERS = "p=2&page_size=1&active=false&limit=1&offset=1&count=1&org_id=x&id=x&name=x&api_id=x&q=x&filter=x&fields=id&sort=x"
NO_METHODS = ["PATCH", "OPTIONS", "HEAD", "TRACE", "BREW", "get"]


@pytest.mark.parametrize("method", NO_METHODS)
@pytest.mark.parametrize("path", [POLICIES, f"{POLICIES}/{{id}}"])
@behaviour("unknown-method-is-405", reads_only=True)
def test_a_method_that_policies_do_not_know(gateway: Gateway, path: str, method: str) -> None:
    """A method that a path of policies does not have answers 405 in JSON, without an Allow header."""
    exchange = gateway.send(method, path.format(id=gateway.new_id()))

    expect_error(exchange, 405, "Method not supported")
    expect_no_header(exchange, "Allow")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "PATCH"])
@pytest.mark.parametrize("path", ["/tyk/reload", "/tyk/reload/group"])
@behaviour("unknown-method-is-405", reads_only=True)
def test_a_method_that_reload_does_not_know(gateway: Gateway, path: str, method: str) -> None:
    """A method other than GET on a reload answers 405."""
    expect_error(gateway.send(method, path), 405, "Method not supported")


@behaviour("head-is-405", reads_only=True)
def test_head_tells_the_length_of_what_it_leaves_out(gateway: Gateway) -> None:
    """HEAD answers 405 without a body, and with the length that the body would have."""
    exchange = gateway.send("HEAD", POLICIES)

    expect(exchange, 405, "")
    body = '{"status":"error","message":"Method not supported"}\n'
    if exchange.header("Content-Length") != str(len(body)):
        actual = f"Content-Length: {exchange.header('Content-Length') or 'none'}"
        raise Mismatch(f"Content-Length: {len(body)}", actual, exchange)


@pytest.mark.parametrize("path", ["/tyk/no-such-thing", "/tyk/reload/x", f"{POLICIES}/a/b", "/tyk/policie"])
@behaviour("unknown-path-is-text-404", reads_only=True)
def test_an_unknown_path_under_tyk(gateway: Gateway, path: str) -> None:
    """An unknown path under /tyk/ answers 404 as text."""
    expect_page_not_found(gateway.send("GET", path))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@behaviour("unknown-path-is-text-404", reads_only=True)
def test_an_unknown_path_with_any_method(gateway: Gateway, method: str) -> None:
    """An unknown path answers 404 with every method, never 405."""
    expect_page_not_found(gateway.send(method, f"/tyk/{gateway.new_id()}"))


@pytest.mark.parametrize("path", ["/tyk/POLICIES", "/tyk/Policies/x", "/tyk/RELOAD"])
@behaviour("path-case-matters", reads_only=True)
def test_a_path_in_other_case_is_unknown(gateway: Gateway, path: str) -> None:
    """A path under /tyk/ with a letter in another case is unknown."""
    expect_page_not_found(gateway.send("GET", path))


@pytest.mark.parametrize("path", ["/TYK/policies", "/Tyk/reload?block=true"])
@behaviour("path-case-matters", reads_only=True)
def test_the_root_in_other_case_is_not_of_the_gateway(gateway: Gateway, path: str) -> None:
    """A path with /tyk/ in another case answers 404."""
    exchange = gateway.send("GET", path)
    if exchange.status != 404:
        raise Mismatch(
            "404, as for an unknown path", f"{exchange.status} {shorten(exchange.text, 200)}", exchange
        )


@behaviour("encoded-slash-divides", reads_only=True)
def test_an_encoded_slash_divides_the_path(gateway: Gateway) -> None:
    """An encoded slash separates segments of the path, as a plain one does."""
    expect_page_not_found(gateway.send("GET", f"{POLICIES}/a%2Fb"))


@behaviour("trailing-slash-is-dropped", reads_only=True)
def test_the_list_with_a_trailing_slash(gateway: Gateway) -> None:
    """A list of policies with a slash after its path is answered without a redirect."""
    listed(gateway.send("GET", f"{POLICIES}/"))


@behaviour("trailing-slash-is-dropped")
def test_one_policy_with_a_trailing_slash(gateway: Gateway) -> Steps:
    """A policy with a slash after its path is answered without a redirect."""
    policy = gateway.create(name="slash")
    yield RELOAD

    expect_policy(gateway.send("GET", path_of(policy["id"]) + "/"), gateway, policy)


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("/tyk//policies", POLICIES),
        ("//tyk/policies", POLICIES),
        ("/tyk/./policies", POLICIES),
        ("/tyk/x/../policies", POLICIES),
        ("/tyk/x/%2e%2E/policies", POLICIES),
        (f"{POLICIES}//", f"{POLICIES}/"),
        (f"{POLICIES}/..", "/tyk"),
        (f"{POLICIES}/..%2F..%2Fx", "/x"),
        (f"{POLICIES}//x?p=1&q", f"{POLICIES}/x?p=1&q"),
        ("/tyk//policies%20x", "/tyk/policies%20x"),
    ],
)
@behaviour("unclean-path-redirects", reads_only=True)
def test_an_unclean_path_is_redirected(gateway: Gateway, path: str, clean: str) -> None:
    """A path with empty or dot segments answers 301 to the clean path, with the query."""
    expect_redirect(gateway.send("GET", path), clean)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "PATCH"])
@behaviour("unclean-path-redirects", reads_only=True)
def test_any_method_is_redirected(gateway: Gateway, method: str) -> None:
    """A request of any method to an unclean path answers 301."""
    path = path_of(gateway.new_id())
    exchange = gateway.send(method, path.replace("policies/", "policies//"), {} if method != "HEAD" else None)
    expect_redirect(exchange, path)


@behaviour("root-of-api-redirects", reads_only=True)
def test_the_root_of_the_api_redirects_to_the_root(gateway: Gateway) -> None:
    """The path /tyk/ redirects to `/`."""
    expect_redirect(gateway.send("GET", "/tyk/"), "/")


@behaviour("escapes-are-decoded")
def test_a_path_is_compared_unescaped(gateway: Gateway) -> Steps:
    """An id that is percent-encoded in the path names the same policy."""
    policy = gateway.create(name="escaped")
    yield RELOAD

    escaped = "".join(f"%{ord(character):02X}" for character in policy["id"])
    expect_policy(gateway.send("GET", f"{POLICIES}/{escaped}"), gateway, policy)


@behaviour("query-is-ignored", reads_only=True)
def test_a_query_on_the_list_changes_nothing(gateway: Gateway) -> None:
    """A list has all policies, whatever paging and filters its query has."""
    _expect_no_filter(gateway)


@behaviour("query-is-ignored")
def test_a_query_on_a_list_of_several_changes_nothing(gateway: Gateway) -> Steps:
    """A list of several policies has all of them, whatever paging and filters its query has."""
    for active in (True, False):
        gateway.create(active=active)
    yield RELOAD

    _expect_no_filter(gateway)


@behaviour("query-is-ignored")
def test_a_query_on_one_policy_changes_nothing(gateway: Gateway) -> Steps:
    """A policy is answered in full, even if the query names some members or another id."""
    policy = gateway.create(name="queried", rate=2)
    yield RELOAD

    expect_policy(gateway.send("GET", f"{path_of(policy['id'])}?{FILTERS}"), gateway, policy)


def _expect_no_filter(gateway: Gateway) -> None:
    unfiltered = steady(gateway.list())
    exchange = gateway.send("GET", f"{POLICIES}?{FILTERS}")
    queried = steady(exchange)

    if differing := sorted(unfiltered.keys() ^ queried.keys()):
        actual = f"{len(queried)} policies, not {len(unfiltered)}; {differing[0]} is in one of them alone"
        raise Mismatch("the same list with a query", actual, exchange)
    for name, policy in unfiltered.items():
        if policy != queried[name]:
            text = difference(json.dumps(policy), json.dumps(queried[name]))
            raise Mismatch("the same list with a query", f"another {name}: {text}", exchange)


@behaviour("bad-escape-is-400", reads_only=True)
def test_a_bad_escape_is_refused_by_the_server(gateway: Gateway) -> None:
    """A path with an invalid percent-encoding answers 400 as text."""
    expect(gateway.send("GET", f"{POLICIES}/%zz"), 400, "400 Bad Request", "text/plain; charset=utf-8")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
@behaviour("probe-method-is-405", reads_only=True)
def test_hello_knows_get_alone(gateway: Gateway, method: str) -> None:
    """A method other than GET on /hello answers 405, with another message than under /tyk/."""
    expect_error(gateway.send(method, "/hello", headers=[]), 405, "Method Not Allowed")


@behaviour("no-server-header", reads_only=True)
def test_answers_do_not_name_the_server(gateway: Gateway) -> None:
    """An answer has no Server, ETag, Cache-Control or X-Powered-By header."""
    exchange = gateway.list()

    for name in ("Server", "ETag", "Cache-Control", "X-Powered-By"):
        expect_no_header(exchange, name)


@behaviour("content-type-is-not-asked-for")
def test_a_policy_may_be_sent_as_any_type(gateway: Gateway) -> Steps:
    """A policy is accepted with any Content-Type and Accept header."""
    policy = {"id": gateway.new_id(), "name": "typed"}
    secret = ("X-Tyk-Authorization", gateway.auth.secret)
    headers = [secret, ("Content-Type", "text/plain"), ("Accept", "application/xml")]
    exchange = gateway.send("POST", POLICIES, policy, headers=headers)
    expect_json(exchange, 200, {"key": policy["id"], "status": "ok", "action": "added"})
    yield RELOAD

    expect_policy(gateway.get(policy["id"]), gateway, policy)
