"""The schema of API definitions in OpenAPI form, and the health of APIs."""

from __future__ import annotations

import pytest

from contract_tests.engine.checks import Mismatch, expect_json, shorten
from contract_tests.engine.declaration import behaviour
from contract_tests.engine.exchange import Exchange, json_of
from contract_tests.gateway.builders.open_apis import EXTENSION
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import HEALTH, SCHEMA

_REQUIRED = {"openapi", "info"}  # in 3.1 a document may have webhooks in place of paths
_NOT_FOUND = 'Schema not found for version "{}"'
_HEALTH_REFUSALS = ("Health checks are not enabled for this node", "missing api_id parameter")


@behaviour("schema-is-told", reads_only=True)
def test_the_schema_of_definitions_is_told(gateway: Gateway) -> None:
    """The schema of a version of OpenAPI, by default 3.0, requires what a document must have, and has the gateway's part."""
    default = _schema(gateway.send("GET", SCHEMA))
    if _schema(gateway.send("GET", f"{SCHEMA}?oasVersion=3.0.3")) != default:
        raise Mismatch("the schema of 3.0 by default", "another one", gateway.exchanges[-1])
    if "open-api-3-1-is-taken" not in gateway.behaviours:
        return
    if _schema(gateway.send("GET", f"{SCHEMA}?oasVersion=3.1")) == default:
        raise Mismatch("a schema of 3.1", "that of 3.0", gateway.exchanges[-1])


@pytest.mark.parametrize("version", ["2.0", "4.0.1", "3.2", "v2"])
@behaviour("unknown-schemas-are-404", reads_only=True)
def test_there_is_no_schema_of_other_versions(gateway: Gateway, version: str) -> None:
    """A version of OpenAPI without a schema answers 404 with the status Failed."""
    exchange = gateway.send("GET", f"{SCHEMA}?oasVersion={version}")
    expect_json(exchange, 404, {"status": "Failed", "message": _NOT_FOUND.format(version)})


@behaviour("unknown-schemas-are-404", reads_only=True)
def test_a_text_is_no_version(gateway: Gateway) -> None:
    """A text that is no version answers 404 with the status Failed."""
    word = "malformed" if "malformed-version-is-lower-case" in gateway.behaviours else "Malformed"
    exchange = gateway.send("GET", f"{SCHEMA}?oasVersion=newest")
    expect_json(exchange, 404, {"status": "Failed", "message": f"{word} version: newest"})


@behaviour("health-is-off-by-default", reads_only=True)
def test_no_rates_are_told_of_no_api(gateway: Gateway) -> None:
    """A request for rates that names no API answers 400, and says so first if nothing is counted."""
    exchange = gateway.send("GET", HEALTH)
    answers = [{"status": "error", "message": text} for text in _HEALTH_REFUSALS]
    expect_json(exchange, 400, next((one for one in answers if one == json_of(exchange.text)), answers[0]))


def _schema(exchange: Exchange) -> object:
    """The schema in an answer.

    Raises:
        Mismatch: the answer has none, or it does not require what a document must have.
    """
    answer = json_of(exchange.text)
    envelope = {**answer, "schema": None} if isinstance(answer, dict) else answer
    if exchange.status != 200 or envelope != {"status": "Success", "message": "", "schema": None}:
        raise Mismatch("200 with the status Success", f"{exchange.status} {shorten(exchange.text)}", exchange)
    schema = answer.get("schema") if isinstance(answer, dict) else None
    members = schema.get("properties") if isinstance(schema, dict) else None
    required = schema.get("required") if isinstance(schema, dict) else None
    if not isinstance(members, dict) or not isinstance(required, list):
        raise Mismatch("a JSON schema of an object", shorten(exchange.text), exchange)
    if missing := (_REQUIRED - set(map(str, required))) | ({*_REQUIRED, "paths", EXTENSION} - members.keys()):
        raise Mismatch(f"a schema with {', '.join(sorted(missing))}", shorten(exchange.text), exchange)
    return schema
