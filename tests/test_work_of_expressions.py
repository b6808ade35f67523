"""The work for the regular expressions of one request, load or document is bounded as a whole."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asking import call
from orders import GOLD, ORDERS, RIGHTS, get, key, serve

from mockserver import MockGateway
from mockserver.cli.main import main
from mockserver.gateway import listen_path
from mockserver.golang import regexps

WORK = 20 * regexps.MAX_PROGRAM  # so that a test need not wait for ten seconds
TOO_MUCH = "the regular expressions compile to over"


@pytest.fixture(name="gateway")
def _gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockGateway]:
    monkeypatch.setattr(regexps, "MOST_WORK", WORK)
    with MockGateway() as gateway:
        yield gateway


def large(number: int) -> str:
    """An expression of many thousand instructions, another one for each number."""
    return f"/({'[^a]' * 1300})?/{number}"


def test_a_request_compiles_few_large_expressions(gateway: MockGateway) -> None:
    """A request that a policy has held against too many large expressions is answered 500, and others as before."""
    urls = [{"url": large(number), "methods": ["GET"]} for number in range(200)]
    right = {**RIGHTS["orders"], "allowed_urls": urls}
    serve(gateway, {**GOLD, "access_rights": {"orders": right}}, {**GOLD, "id": "silver"})
    answer = get(gateway, key(gateway))
    assert (answer.status, TOO_MUCH.encode() in answer.body) == (500, True)
    assert get(gateway, key(gateway, "silver")).status == 200


def test_a_document_has_few_large_expressions(gateway: MockGateway) -> None:
    """A document of an API with too many large patterns is answered 500 and is not stored."""
    schemas = {f"s{n}": {"type": "string", "pattern": large(9000 + n)} for n in range(200)}
    parts = {"info": {"name": "a", "state": {"active": True}}, "server": {"listenPath": {"value": "/a/"}}}
    document = {
        "openapi": "3.0.3", "info": {"title": "a", "version": "1"}, "paths": {}, "components": {"schemas": schemas},
        "x-tyk-api-gateway": {**parts, "upstream": {"url": "http://a.test"}},
    }  # fmt: skip
    status, answer = call(gateway, "POST", "/tyk/apis/oas", document)
    assert (status, TOO_MUCH in str(answer)) == (500, True)
    document["components"] = {"schemas": {"s": schemas["s0"]}}
    assert call(gateway, "POST", "/tyk/apis/oas", document)[0] == 200


def _search_all(expressions: Iterable[str], text: str) -> None:
    for expression in expressions:
        with contextlib.suppress(regexps.BadExpression):
            regexps.search(expression, text)


def test_all_searches_of_an_allowance_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling and matching take from one allowance, also within another one; what is compiled costs no more."""
    monkeypatch.setattr(regexps, "MOST_WORK", WORK)
    with regexps.allowance():
        for _ in range(1000):
            assert regexps.search(large(-1), "//-1")
        with regexps.allowance(), pytest.raises(regexps.TooMuchWork):
            _search_all(map(large, range(1000, 2000)), "/x")
        with pytest.raises(regexps.TooMuchWork):
            regexps.search("another", "another")
    with regexps.allowance(), pytest.raises(regexps.TooMuchWork):
        _search_all([large(-1)] * 1000, "/" + "x" * 50_000)
    with regexps.allowance(), pytest.raises(regexps.TooMuchWork):
        _search_all((rf"(?:\pL{{3}}){{300}}{number}" for number in range(1000)), "")
    assert regexps.search("another", "another")


def test_few_large_listen_paths_are_served(
    gateway: MockGateway, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Of APIs whose listen paths have large expressions only so many are served, which is logged; others are."""
    monkeypatch.setattr(listen_path, "MOST_INSTRUCTIONS", 3 * regexps.MAX_PROGRAM)
    apis = [
        {**ORDERS, "api_id": f"a{n}", "use_keyless": True, "proxy": {**ORDERS["proxy"], "listen_path": path}}
        for n, path in enumerate([*(f"/{n}/{{x:[^/]{{1,900}}}}/" for n in range(12)), "/plain/"])
    ]
    gateway.seed(apis=apis)
    served = [n for n in range(12) if get(gateway, "", f"/{n}/y/").status == 200]
    assert 0 < len(served) < 12
    assert get(gateway, "", "/plain/").status == 200
    assert f"{12 - len(served)} APIs are not served: the variables in listen paths compile" in caplog.text


def test_lint_refuses_too_much_work(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Files with too many large expressions are not linted for minutes: the command says so in a line.

    A mock loads them, and says that it does not judge them.
    """
    monkeypatch.setattr(regexps, "MOST_WORK", WORK)
    urls = [{"url": large(number), "methods": ["GET"]} for number in range(3000, 3200)]
    right = {**RIGHTS["orders"], "allowed_urls": urls}
    (tmp_path / "gold.json").write_text(json.dumps({**GOLD, "access_rights": {"orders": right}}))
    with pytest.raises(SystemExit) as end:
        main(["lint", str(tmp_path)])
    assert end.value.code == 2
    assert TOO_MUCH in capsys.readouterr().err
    with MockGateway(config={"policies": {"policy_source": "file", "policy_path": str(tmp_path)}}) as gateway:
        assert list(gateway.policies) == ["gold"]
        assert gateway.gateway.findings() == []
    assert "the files are not judged: the regular expressions compile to over" in caplog.text


def test_an_expression_has_few_unicode_classes() -> None:
    """An expression of so many Unicode classes that it compiles for a tenth of a second is refused before that."""
    assert regexps.search(r"\p{Zs}" * regexps.MAX_CLASSES, " " * regexps.MAX_CLASSES)
    with pytest.raises(regexps.BadExpression, match="over 100 Unicode classes; have fewer"):
        regexps.search(r"\PL" * (regexps.MAX_CLASSES + 1), "1")


def test_one_thread_compiles_at_once() -> None:
    """While one thread compiles, another waits for it; what is compiled is matched meanwhile."""
    assert regexps.search("compiled", "compiled")
    with ThreadPoolExecutor(1) as pool:
        with regexps._compiling:
            waiting = pool.submit(regexps.search, f"new {object()}", "")
            with pytest.raises(TimeoutError):
                waiting.result(0.05)
            assert regexps.search("compiled", "compiled")
        assert waiting.result(30) is False
