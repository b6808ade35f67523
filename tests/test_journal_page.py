"""The pages of the journal: the list with its filter, and one request with the command that sends it again."""

from __future__ import annotations

import re

import pytest
from asking import call, secret_of, send
from page_texts import page, post, text_of

from mockserver import MockDashboard, MockGateway
from mockserver.contract.openapi import Contract, Operation
from mockserver.http.client import ClientError
from mockserver.serving.pages import journal_filter
from mockserver.serving.pages.rendering import PREFIX


def test_the_journal_is_filtered(gateway: MockGateway) -> None:
    """The journal shows what fits the text, the operation and the kind of a request, the newest first."""
    call(gateway, "POST", "/tyk/policies", {"id": "gold", "raet": 1})
    call(gateway, "POST", "/tyk/policies", {"rate": "x"})
    gateway.fault("getPolicy", status=503)
    call(gateway, "GET", "/tyk/policies/gold")
    everything = page(gateway, f"{PREFIX}/journal")
    assert everything.index(f'{PREFIX}/journal/3"') < everything.index(f'{PREFIX}/journal/1"')
    shown = {
        "": [3, 2, 1], "text=GOLD": [3, 1], "operation=addPolicy": [2, 1], "kind=faults": [3], "kind=errors": [3, 2],
        "kind=violations": [2], "kind=warnings": [1], "kind=warnings&operation=getPolicy": [], "text=503": [3],
    }  # fmt: skip
    for query, numbers in shown.items():
        text = page(gateway, f"{PREFIX}/journal?{query}")
        assert list(map(int, re.findall(rf'href="{PREFIX}/journal/(\d+)"', text))) == numbers, query
    assert "no operation" in page(gateway, f"{PREFIX}/journal?operation=adPolicy", 400)
    assert "give one of errors" in page(gateway, f"{PREFIX}/journal?kind=x", 400)
    assert post(gateway, "journal/clear").status == 303
    assert "There was no request yet" in page(gateway, f"{PREFIX}/journal")


@pytest.mark.parametrize("kind", ["violations", "warnings", ""])
def test_long_requests_are_judged_within_a_budget(
    gateway: MockGateway, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page judges requests up to a number of bytes, and says how many it did not judge."""
    body = {"id": "gold", "rate": "x", "tags": ["t" * 1000] * 26}
    for _ in range(100):
        call(gateway, "POST", "/tyk/policies", body)
    monkeypatch.setattr(journal_filter, "MAX_JUDGED", sum(entry.size for entry in gateway.journal) // 5)
    judged = list[str]()

    def violations(_: Contract, operation: Operation, body: bytes) -> list[str]:
        judged.append(operation.id)
        return [f"it has {len(body)} bytes"]

    monkeypatch.setattr(Contract, "request_violations", violations)
    text = text_of(page(gateway, f"{PREFIX}/journal?kind={kind}"))
    assert len(judged) == 20
    assert ("80 older requests were not judged" in text) is bool(kind)
    assert text.count("its page has its violations") == (0 if kind else 30)


def test_a_journal_without_news_is_not_sent_again(gateway: MockGateway) -> None:
    """The script that asks for news is answered 304 until there are some, also after the journal was cleared."""
    call(gateway, "GET", "/tyk/policies")
    tag = dict(send(gateway, "GET", f"{PREFIX}/journal").headers)["ETag"]

    def status() -> int:
        return send(gateway, "GET", f"{PREFIX}/journal", [("If-None-Match", tag)]).status

    assert status() == 304
    gateway.journal.clear()
    assert status() == 200
    gateway.advance(1)
    call(gateway, "GET", "/tyk/policies")
    assert status() == 200


def test_a_request_is_shown_whole(gateway: MockGateway) -> None:
    """The page of one request has its warnings, violations and fault, and no secret but a variable of the shell."""
    call(gateway, "POST", "/tyk/policies", {"id": "gold", "raet": 1})
    text = text_of(page(gateway, f"{PREFIX}/journal/1"))
    assert "Warnings raet: an unknown member, the nearest is 'rate'" in text
    assert "X-Tyk-Authorization ***" in text
    assert "-H 'X-Tyk-Authorization: '\"$TYK_GW_SECRET\"" in text
    assert f"""--data-raw '{{"id": "gold", "raet": 1}}' {gateway.url}/tyk/policies""" in text
    assert gateway.secret not in text
    gateway.fault("addPolicy", drop=True)
    with pytest.raises(ClientError):
        send(gateway, "POST", "/tyk/policies", secret_of(gateway), b"{}")
    text = text_of(page(gateway, f"{PREFIX}/journal/2"))
    assert 'Fault { "ends": "drop" }' in text
    assert "the connection was closed" in text
    assert "was cleared" in page(gateway, f"{PREFIX}/journal/9", 404)


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        (("X-Tyk-Authorization", "wrong-secret"), "'X-Tyk-Authorization: ***'"),
        (("x-tyk-authorization", "mock-secret"), "'x-tyk-authorization: '\"$TYK_GW_SECRET\""),
        (("Authorization", "Bearer key-of-acme"), "'Authorization: Bearer '\"$TYK_KEY\""),
        (("Cookie", "session-of-a-user"), "'Cookie: ***'"),
        (("X-Copy", "mock-secret"), "'X-Copy: ***'"),
    ],
)
def test_the_curl_line_has_no_secret(header: tuple[str, str], shown: str) -> None:
    """A credential is a variable in the curl line, and a wrong secret of the gateway stays a wrong one."""
    with MockGateway(secret="mock-secret") as gateway:
        send(gateway, "GET", "/tyk/policies", [header])
        text = text_of(page(gateway, f"{PREFIX}/journal/1"))
    assert f"-H {shown}" in text
    assert header[1].rpartition(" ")[2] not in text


def test_the_curl_line_of_a_dashboard_has_its_own_variables(dashboard: MockDashboard) -> None:
    """A request to a Dashboard is sent again with the key and the admin secret of the user's variables."""
    send(dashboard, "GET", "/api/portal/policies", [("Authorization", dashboard.key)])
    send(dashboard, "GET", "/admin/organisations", [("admin-auth", "mock-admin-secret")])
    assert "-H 'Authorization: '\"$TYK_DASHBOARD_KEY\"" in text_of(page(dashboard, f"{PREFIX}/journal/1"))
    assert "-H 'admin-auth: '\"$TYK_DB_ADMINSECRET\"" in text_of(page(dashboard, f"{PREFIX}/journal/2"))
