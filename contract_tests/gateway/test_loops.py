"""Requests that an API hands to itself or to another API."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    Api,
    call,
    definition,
    expect_method,
    expect_passed,
    expect_path,
    expect_refused,
    version_data,
    write_api,
    write_key,
    write_open_api,
    write_policy,
)
from contract_tests.gateway.client import Gateway

NO_TARGET = "Can\\'t detect loop target"
NO_API = "Couldn\\'t detect target"
NO_RIGHT = "Access to this API has been disallowed"
FORBIDDEN = "Requested endpoint is forbidden"


def _looping(gateway: Gateway, *, internal: str = "/inner", **urls: str) -> dict[str, Any]:
    """The version data of an API that rewrites URLs of GET requests, by paths without a slash."""
    rewrites = [
        {"path": f"/{path}", "method": "GET", "match_pattern": f"{path}(.*)", "rewrite_to": url}
        for path, url in urls.items()
    ]
    lists = {"url_rewrites": rewrites, "internal": [{"path": internal, "method": "GET"}]}
    return version_data(extended_paths=lists)


def _to(gateway: Gateway, target: str) -> Api:
    """Write an API whose upstream is another API."""
    members = definition(gateway)
    return write_api(gateway, **members | {"proxy": {**members["proxy"], "target_url": f"tyk://{target}"}})


def _too_deep(levels: int) -> str:
    return f"Loop level too deep. Found more than {levels} loops in single request"


@behaviour("requests-may-loop")
def test_a_request_loops_to_its_api(gateway: Gateway) -> Steps:
    """A request that loops reaches internal paths, by another method too, counts once, and ends after some loops."""
    version = _looping(
        gateway, own="tyk://self/inner$1", post="tyk://self/a?method=POST", deep="tyk://self/deep",
        short="tyk://self/short?loop_limit=2",
    )  # fmt: skip
    api = write_api(gateway, version_data=version)
    gold = write_policy(gateway, api, quota_max=10, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_refused(call(gateway, api, key, "inner"), 403, FORBIDDEN)
    exchange = call(gateway, api, key, "own/b")
    expect_path(gateway, exchange, "/inner/b")
    expect_passed(exchange, 10, 9)
    exchange = call(gateway, api, key, "post")
    expect_passed(exchange, 10, 8)
    expect_method(gateway, exchange, "POST")
    expect_refused(call(gateway, api, key, "deep"), 500, _too_deep(5))
    expect_refused(call(gateway, api, key, "short"), 500, _too_deep(2))
    expect_passed(call(gateway, api, key), 10, 5)


@behaviour("requests-may-go-to-other-apis")
def test_a_request_goes_to_another_api(gateway: Gateway) -> Steps:
    """The other API, named by its id or name, needs a right of its own, and counts the request if it shall."""
    other, closed = write_api(gateway), write_api(gateway)
    name = f"{gateway.new_id()} of all"
    named = write_api(gateway, name=name)
    api = write_api(
        gateway,
        version_data=_looping(
            gateway, other=f"tyk://{other.id}/b$1", counted=f"tyk://{other.id}/b?check_limits=true",
            closed=f"tyk://{closed.id}/a", named=f"tyk://{name}/c", lost=f"tyk://{gateway.new_id()}/a",
        ),
    )  # fmt: skip
    before, lost = _to(gateway, other.id), _to(gateway, gateway.new_id())
    apis = (api, other, named, before, lost)
    rights = {name: right for one in apis for name, right in one.rights.items()}
    gold = write_policy(gateway, api, access_rights=rights, quota_max=20, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_path(gateway, call(gateway, api, key, "other/x"), "/b/x")
    expect_passed(call(gateway, api, key, "counted"), 20, 17)
    expect_path(gateway, call(gateway, api, key, "named"), "/c")
    expect_refused(call(gateway, api, key, "closed"), 403, NO_RIGHT)
    expect_refused(call(gateway, api, key, "lost"), 500, NO_TARGET)
    exchange = call(gateway, before, key, "a/b?q=1")
    expect_path(gateway, exchange, "/a/b?q=1")
    expect_passed(exchange, 20, 12)
    expect_refused(call(gateway, lost, key), 500, NO_API)


@behaviour("loops-keep-a-new-query")
def test_the_query_of_a_loop_is_kept(gateway: Gateway) -> Steps:
    """The query of the new URL goes to the upstream, but for the parameters of the loop, and that of the request is lost."""
    version = _looping(gateway, own="tyk://self/a?x=1&loop_limit=3&check_limits=false&b=2")
    api = write_open_api(gateway, version_data=version)
    yield RELOAD

    expect_path(gateway, call(gateway, api, path="own?y=1"), "/a?b=2&x=1")


@behaviour("self-loops-may-count")
def test_a_loop_counts_once_more(gateway: Gateway) -> Steps:
    """A loop with check_limits=true counts against the quota twice, and one with another word once."""
    version = _looping(gateway, twice="tyk://self/a?check_limits=true", once="tyk://self/a?check_limits=yes")
    api = write_api(gateway, version_data=version)
    gold = write_policy(gateway, api, quota_max=10, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_passed(call(gateway, api, key, "twice"), 10, 8)
    expect_passed(call(gateway, api, key, "once"), 10, 7)
