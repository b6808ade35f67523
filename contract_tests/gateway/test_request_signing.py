"""Requests that the gateway signs for the upstream."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    Api,
    expect_refused,
    expect_upstream_saw,
    needs_own_upstream,
    version_data,
    write_open_api,
)
from contract_tests.gateway.builders.open_apis import EXTENSION, document, write
from contract_tests.gateway.builders.signatures import PAST, SHARED, signature
from contract_tests.gateway.client import Gateway

_DATE = ("Date", PAST)
_OPEN_SETTINGS = {
    "enabled": True, "keyId": "gateway", "algorithm": "hmac-sha256", "secret": SHARED,
    "headers": ["x-two", "x-none", "Date", "x-one"],
}  # fmt: skip
_NOT_SUPPORTED = "Request signing algorithm is not supported"
_MISSING = "Fields required for signing the request are missing"


def _signing(*headers: str, **members: Any) -> dict[str, Any]:
    """The settings of an API that signs these headers."""
    return {
        "is_enabled": True, "key_id": "gateway", "algorithm": "hmac-sha256", "secret": SHARED,
        "header_list": [*headers], **members,
    }  # fmt: skip


def _signature(*lines: str, algorithm: str = "sha256", shown: str = "", names: str = "") -> str:
    """The header with a signature of these lines, each of which begins with the name of a header."""
    names = names or " ".join(line.partition(": ")[0] for line in lines)
    text = signature("\n".join(lines), algorithm=algorithm)
    return (
        f'Signature keyId="gateway",algorithm="{shown or f"hmac-{algorithm}"}",headers="{names}",'
        f'signature="{text}"'
    )


@behaviour("upstream-requests-may-be-signed")
def test_requests_are_signed(gateway: Gateway) -> Steps:
    """The upstream receives a signature of the listed headers that a request has, in the order of the list."""
    needs_own_upstream(gateway)
    listed = _signing("x-two", "x-none", "Date", "x-one", "Host")
    plain = write_open_api(gateway, request_signing=listed)
    sent = document(gateway, enabled=False)
    sent[EXTENSION]["upstream"]["authentication"] = {"enabled": True, "requestSigning": _OPEN_SETTINGS}
    opened = write(gateway, sent)
    named = write_open_api(gateway, request_signing=_signing("x-one", signature_header="X-Signed"))
    off = write_open_api(gateway, request_signing=_signing("x-one", is_enabled=False))
    yield RELOAD

    headers = [("X-One", "1"), ("X-Two", "second"), _DATE, ("Authorization", "own")]
    lines = ("x-two: second", f"date: {PAST}", "x-one: 1")
    for api in (plain, opened):
        exchange = gateway.send("GET", f"/{api.id}/a", headers=headers)
        expect_upstream_saw(
            gateway, exchange, authorization=_signature(*lines, names="x-two Date x-one"), x_one="1"
        )
    exchange = gateway.send("GET", f"/{plain.id}/a", headers=headers[:1])
    expect_upstream_saw(gateway, exchange, authorization=_signature("x-one: 1"), date=None)
    exchange = gateway.send("GET", f"/{named.id}/a", headers=headers)
    expect_upstream_saw(gateway, exchange, x_signed=_signature("x-one: 1"), authorization="own")
    exchange = gateway.send("GET", f"/{off.id}/a", headers=headers)
    expect_upstream_saw(gateway, exchange, authorization="own")


@behaviour("upstream-requests-may-be-signed")
def test_targets_are_signed(gateway: Gateway) -> Steps:
    """Without a listed header the target at the upstream and the date are signed, with the method of the request."""
    needs_own_upstream(gateway)
    rewrites = [{"path": "/old", "method": "GET", "match_pattern": "/old", "rewrite_to": "/new/b?c=1"}]
    methods = [{"path": "/old", "method": "GET", "to_method": "PUT"}]
    version = version_data(extended_paths={"url_rewrites": rewrites, "method_transforms": methods})
    api = write_open_api(gateway, request_signing=_signing("x-none"), version_data=version)
    yield RELOAD

    for path, target in (("/a%20b?d=%20e", "get /a%20b?d=%20e"), ("/old", "get /new/b?c=1")):
        exchange = gateway.send("GET", f"/{api.id}{path}", headers=[_DATE])
        lines = (f"(request-target): {target}", f"date: {PAST}")
        expect_upstream_saw(gateway, exchange, authorization=_signature(*lines))


@behaviour("upstream-requests-may-be-signed")
def test_algorithms_of_signatures(gateway: Gateway) -> Steps:
    """An API signs by one of its algorithms, SHA-1 for unknown ones; requests are refused without its settings."""
    needs_own_upstream(gateway)
    algorithms: list[tuple[Api, str, str]] = [
        (write_open_api(gateway, request_signing=_signing("x-one", algorithm=f"hmac-{name}")), name, "")
        for name in ("sha1", "sha384", "sha512")
    ]
    own: dict[str, Any] = {"hmac_allowed_algorithms": ["hmac-md5"]}
    odd = write_open_api(gateway, request_signing=_signing("x-one", algorithm="hmac-md5"), **own)
    algorithms.append((odd, "sha1", "hmac-md5"))
    refused = [
        (write_open_api(gateway, request_signing=_signing("x-one", **members), **allowed), message)
        for members, allowed, message in (
            ({"algorithm": "hmac-md5"}, {}, _NOT_SUPPORTED),
            ({}, own, _NOT_SUPPORTED),
            ({"key_id": ""}, {}, _MISSING),
            ({"secret": ""}, {}, _MISSING),
            ({"algorithm": ""}, {}, _MISSING),
            ({"algorithm": "rsa-sha256"}, {}, _MISSING),
            ({"algorithm": "rsa-sha256", "certificate_id": "none"}, {}, "Certificate not found"),
        )
    ]
    yield RELOAD

    for api, algorithm, shown in algorithms:
        exchange = gateway.send("GET", f"/{api.id}/a", headers=[("X-One", "1")])
        text = _signature("x-one: 1", algorithm=algorithm, shown=shown)
        expect_upstream_saw(gateway, exchange, authorization=text)
    for api, message in refused:
        expect_refused(gateway.send("GET", f"/{api.id}/a", headers=[("X-One", "1")]), 500, message)
