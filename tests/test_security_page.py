"""SECURITY.md: the numbers of its tables are those of the code, and what it says of listening and comparing holds."""

from __future__ import annotations

import base64
import hmac
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import send
from dashboards import ask
from limits_of_fetching import NUMBERS_OF_FETCHING
from orders import GOLD, serve

from contract_tests.engine import runner, signals
from contract_tests.engine.target import MAX_LOGGED
from contract_tests.report.conformance import yaml_document
from mockserver import MockDashboard, MockGateway
from mockserver.cli import impact_files, json_service
from mockserver.cli.serve import STOP_SECONDS
from mockserver.cli.transfer import contents
from mockserver.console import credentials, input_files
from mockserver.dashboard import policies, records
from mockserver.dashboard.graphql import limits as graphql
from mockserver.dashboard.mdcb import key_storage, pending, planes
from mockserver.dashboard.nodes import admission, history, nodes
from mockserver.evidence import live_traffic
from mockserver.gateway import policy_store
from mockserver.gateway.graphql import documents, resolution, schemas, sizes
from mockserver.gateway.oas import upstream as open_upstream
from mockserver.gateway.oas import yaml_text
from mockserver.gateway.proxy import batch, limit_names, variables
from mockserver.gateway.proxy.mcp import event_streams, messages
from mockserver.gateway.proxy.request_context import MOST_MATCHES, MOST_REPLACED
from mockserver.golang import json_reader, json_size, scalars, urls
from mockserver.golang.rpc import connection, gob_reader, stream
from mockserver.http import (
    chunked_body,
    client,
    client_connection,
    connection_settings,
    deadline,
    echo_server,
    forwarder,
    tls,
    transport,
)
from mockserver.http.limits import MAX_CONNECTIONS, MAX_HEAD, THREADS, Limits
from mockserver.service import journal, journal_parts, large_json
from mockserver.serving import journal_query
from mockserver.serving.pages import journal_filter
from mockserver.storage import redis_backend, redis_client, snapshot

TEXT = (Path(__file__).parent.parent / "SECURITY.md").read_text("utf-8")
ROWS = [line.strip("| ") for line in TEXT.splitlines() if line.count(" | ") == 2 and "---" not in line]
KIB, MIB = 1 << 10, 1 << 20
LIMITS, LOAD, GOB = Limits(), connection.Load(), gob_reader.Limits()
NUMBERS = [  # the beginning of a row, a text in it, the value in the code, and the value that the text means
    ("head; data sent ahead", "1 MiB", LIMITS.head, MIB),
    ("lines of a head", "10,000", LIMITS.lines, 10_000),
    ("body", "256 MiB", LIMITS.body, 256 * MIB),
    ("line before a chunk; trailers", "4 KiB each", chunked_body.MAX_LINE, 4 * KIB),
    ("line before a chunk; trailers", "4 KiB each", chunked_body.MAX_TRAILER, 4 * KIB),
    ("body of a request that its head", "256 KiB", LIMITS.undecided_body, 256 * KIB),
    ("bytes held", "512 MiB", (LIMITS.held, LIMITS.share), (512 * MIB, 64 * KIB)),
    ("complete request", "120 s", LIMITS.read_seconds, 120),
    ("connections", "at most 10,000", MAX_CONNECTIONS, 10_000),
    ("threads", "64, 256, 8", (*THREADS.values(),), (64, 256, 8)),
    ("waiting requests", "1,000", LIMITS.waiting, 1000),
    ("end after SIGTERM", "8 s for answers, 9.5 s", (LIMITS.stop_seconds, STOP_SECONDS), (8, 9.5)),
    ("JSON", "10,000 levels", json_reader.MAX_DEPTH, 10_000),
    ("JSON", "500 in what", records.MAX_LEVELS, 500),
    ("nodes of a Dashboard", "200;", nodes.MAX_NODES, 200),
    ("nodes of a Dashboard", "256 characters", admission.LONGEST, 256),
    ("policies of an import", "500", policies.IMPORTED_TOGETHER, 500),
    ("values of a JSON body", "1,000,000", json_size.MAX_VALUES, 1_000_000),
    ("form; its fields", "10,000", (urls.MAX_FORM, urls.MAX_FIELDS), (MIB, 10_000)),
    ("GraphQL document", "1,000,000 characters", graphql.MAX_LENGTH, 1_000_000),
    ("GraphQL document", "1,000 tokens", graphql.MAX_TOKENS, 1000),
    ("GraphQL document", "25 levels, 30 aliases", (graphql.MAX_DEPTH, graphql.MAX_ALIASES), (25, 30)),
    ("GraphQL document", "cost 100,000", graphql.MAX_COST, 100_000),
    ("journal", "1,000 requests", journal.MAX_ENTRIES, 1000),
    ("journal", "32 MiB", journal.MAX_BYTES, 32 * MIB),
    ("journal", "64 KiB of each part", journal_parts.MAX_PART, 64 * KIB),
    ("requests and replies that the page", "512 KiB", journal_filter.MAX_JUDGED, 512 * KIB),
    ("requests and replies that the page", "2 MiB", journal_query.MAX_JUDGED, 2 * MIB),
    ("JSON that the mock reads in requests", "1,000,000 values", json_size.MAX_VALUES, 1_000_000),
    (
        "JSON of over 50,000 values",
        "2 at once | the others wait 30 s",
        (large_json.LARGE, large_json.AT_ONCE, large_json.LONGEST_WAIT),
        (50_000, 2, 30),
    ),
    ("values of a wrong type", "100, and", scalars.MOST_NOTES, 100),
    ("event stream", "1,000,000 lines", event_streams.MOST_LINES, 1_000_000),
    ("document of an API in YAML", "256 KiB, 100", (yaml_text.LONGEST, yaml_text.DEEPEST), (256 * KIB, 100)),
    ("GraphQL schema of an API", "2,000,000 characters", schemas.MOST_CHARACTERS, 2_000_000),
    ("document of GraphQL", "1,000,000 characters", documents.MOST_CHARACTERS, 1_000_000),
    ("document of GraphQL", "20,000 tokens", documents.MOST_TOKENS, 20_000),
    ("document of GraphQL", "20,000 selections with the tokens", sizes.MOST_SELECTIONS, 20_000),
    (
        "document of GraphQL",
        "300,000 fields, 64 MiB",
        (resolution.MOST_FIELDS, resolution.MOST_CHARACTERS),
        (300_000, 64 * MIB),
    ),
    (
        "name of a method or primitive",
        "8,192 characters; 1,000,000",
        (messages.MOST_CHARACTERS, MOST_MATCHES),
        (8192, 1_000_000),
    ),
    ("targets of an API in OpenAPI form", "1 MiB", open_upstream.LONGEST_LIST, MIB),
    ("batch of requests", "64 MiB of answers, 60 s", (batch.LONGEST, batch.MOST_SECONDS), (64 * MIB, 60)),
    ("text with variables", "1,048,576 characters; 8", variables.LONGEST, MIB),
    ("text with variables", "8 MiB; 100", (MOST_REPLACED, variables.DEEPEST), (8 * MIB, 100)),
    (
        "headers that a signature covers",
        "1 MiB; 8,192 characters",
        (MAX_HEAD, limit_names.MAX_LENGTH),
        (MIB, 8192),
    ),
    ("planes", "256; 1,024; 64", (LOAD.connections, LOAD.calls, LOAD.calls_of_connection), (256, 1024, 64)),
    ("plane that connects", "10 s until", connection.GREETING, 10),
    ("plane that connects", "30 s for a message, 30 s for an answer", connection.WHOLE, 30),
    ("plane without a request", "600 s", connection.SILENCE, 600),
    ("message of a plane", "64 KiB", stream._CHUNK, 64 * KIB),
    ("message of a plane", "32 MiB", GOB.bytes, 32 * MIB),
    ("message of a plane", "100,000 members", GOB.values, 100_000),
    ("message of a plane", "50 levels", GOB.depth, 50),
    ("types that a plane describes", "4,096", GOB.types, 4096),
    ("bytes of all requests of planes", "256 MiB", LOAD.held, 256 * MIB),
    ("bytes of all requests of planes", "64 KiB", LOAD.share, 64 * KIB),
    ("events that are noted", "100,000", history.MOST_NOTES, 100_000),
    ("changes that planes", "100 groups", pending.MOST_GROUPS, 100),
    ("changes that planes", "10,000 changes each", pending.MOST_TEXTS, 10_000),
    ("changes that planes", "10,000 values", key_storage.MOST_VALUES, 10_000),
    ("value that a plane sets", "1,024 characters", key_storage.LONGEST_VALUE, 1024),
    ("what a plane tells of itself", "4 MiB", planes.LARGEST_NODE, 4 * MIB),
    ("what a plane tells of itself", "256 characters", admission.LONGEST, 256),
    ("what a plane tells of itself", "100 tags", planes.MOST_TAGS, 100),
    ("what a plane tells of itself", "20,000 loaded", planes.MOST_LOADED, 20_000),
    *NUMBERS_OF_FETCHING,
    ("operation on a store", "5 s", redis_client.ANSWER_SECONDS, 5),
    ("operation on a store", "64 MiB", redis_client.ANSWER_BYTES, 64 * MIB),
    ("operation on a store", "a lock 11 s", redis_backend.LOCK_WAIT_SECONDS, 11),
    ("answer that `propagation`", "30 s", json_service.READING, 30),
    ("answer that `propagation`", "256 MiB", json_service.LONGEST, 256 * MIB),
    ("answer that `propagation`", "5,000,000", json_service.MOST_VALUES, 5_000_000),
    ("answer that `impact`", "32 MiB", client.MAX_BODY, 32 * MIB),
    ("answer that `impact`", "1,000,000", json_size.MAX_VALUES, 1_000_000),
    ("session that `impact`", "200 levels", impact_files.DEEPEST, 200),
    ("document that `export`", "200 levels", contents.DEEPEST, 200),
    ("session that `impact`", "1,000 policies", impact_files.MOST_POLICIES, 1000),
    ("credential in a file", "64 KiB, one line", credentials.LONGEST, 64 * KIB),
    ("credential in a file", "; 64 KiB", connection_settings.LONGEST_FILE, 64 * KIB),
    ("file of policies, keys", "256 MiB", input_files.DOCUMENT, 256 * MIB),
    ("file of policies, keys", "256 MiB", policy_store.MAX_RECORD, 256 * MIB),
    ("values of such a file", "5,000,000", json_size.MAX_VALUES_OF_FILE, 5_000_000),
    ("file of policies, keys", "256 MiB", snapshot.LONGEST, 256 * MIB),
    ("values of such a file", "; 1,000,000", json_size.MAX_VALUES, 1_000_000),
    ("pipe or device", "30 s", input_files.PATIENCE, 30),
    ("OpenAPI file of `--spec`", "16 MiB; 1,000,000", input_files.CONFIGURATION, 16 * MIB),
    ("report or baseline", "8 MiB", yaml_document.MAX_BYTES, 8 * MIB),
    ("report or baseline", "20 levels", yaml_document.MAX_DEPTH, 20),
    ("configuration; certificate", "16 MiB", input_files.CONFIGURATION, 16 * MIB),
    ("configuration; certificate", "16 MiB", tls.LONGEST, 16 * MIB),
    ("exchange of the proxy", "60 s", forwarder.BOUNDS.seconds, 60),
    ("exchange of the proxy", "heads of 1 MiB", transport.MAX_HEAD, MIB),
    ("exchange of the proxy", "32 MiB each way", forwarder.BOUNDS.longest, 32 * MIB),
    ("exchange of the proxy", "32 MiB each way", live_traffic.LIMITS.body, 32 * MIB),
    ("clients of the proxy", "256 connections", live_traffic.LIMITS.connections, 256),
    ("clients of the proxy", "256 waiting", live_traffic.LIMITS.waiting, 256),
    ("clients of the proxy", "32 at once", live_traffic.LIMITS.threads, {"upstream": 32}),
    ("clients of the proxy", "256 MiB of", live_traffic.LIMITS.held, 256 * MIB),
    ("body that the proxy judges", "4 MiB", live_traffic.MAX_JUDGED, 4 * MIB),
    ("body that the proxy records", "1,000,000", json_size.MAX_VALUES, 1_000_000),
    ("exchange, from connecting", "3 s without data", client.STALL_SECONDS, 3),
    ("heads of an answer", "256 KiB", client_connection.MAX_HEAD, 256 * KIB),
    ("heads of an answer", "100 lines", client_connection.MAX_HEADERS, 100),
    ("heads of an answer", "64 KiB a line", client_connection.MAX_LINE, 64 * KIB),
    ("heads of an answer", "5 interim answers", client_connection.MAX_INTERIM, 5),
    ("body", "32 MiB", client.MAX_BODY, 32 * MIB),
    ("all exchanges of a run", "64 MiB", MAX_LOGGED, 64 * MIB),
    ("run of `verify`", "1,800 s", deadline.RUN_SECONDS, 1800),
    ("run of `verify`", "60 s for its clean-up", deadline.CLEANUP_SECONDS, 60),
    ("upstream of the suite", "bodies of 1 MiB", echo_server.LIMITS.body, MIB),
    ("upstream of the suite", "64 MiB for 256", echo_server.LIMITS.held, 64 * MIB),
    ("upstream of the suite", "256 connections", echo_server.LIMITS.connections, 256),
    ("interruption", "7 s of clean-up", signals.CLEANUP_SECONDS, 7),
    ("interruption", "end after 9.5 s", runner.STOP_SECONDS, 9.5),
]
HEADINGS = (
    "of the mock's server",
    "of the calls of data planes",
    "of what it fetches",
    "of the proxy of `record`",
    "of the suite's client",
)


@pytest.mark.parametrize(("start", "text", "actual", "meant"), NUMBERS, ids=lambda part: str(part)[:30])
def test_the_page_has_the_number_of_the_code(start: str, text: str, actual: object, meant: object) -> None:
    """Each number of a limit on the page is the one that the code keeps to."""
    assert any(row.startswith(f"{start}") and text in row for row in ROWS)
    assert actual == meant


def test_each_limit_of_the_page_is_compared() -> None:
    """No row of the page has a limit whose number is not compared with the code."""
    starts = (*HEADINGS, *(start for start, *_ in NUMBERS))
    assert [row for row in ROWS if not row.startswith(starts)] == []


def _with_secret(gateway: MockGateway, _: MockDashboard) -> int:
    return send(gateway, "GET", "/tyk/policies", [("X-Tyk-Authorization", "wrong")]).status


def _with_key(_: MockGateway, dashboard: MockDashboard) -> int:
    return ask(dashboard, "GET", "/api/portal/policies", None, ("Authorization", "wrong"))[0]


def _with_admin_secret(_: MockGateway, dashboard: MockDashboard) -> int:
    return ask(dashboard, "GET", "/admin/organisations", None, ("admin-auth", "wrong"))[0]


def _with_node_secret(_: MockGateway, dashboard: MockDashboard) -> int:
    return ask(dashboard, "GET", "/register/node", None, ("authorization", "wrong"))[0]


def _with_client(gateway: MockGateway, path: str, *headers: tuple[str, str], form: bytes) -> int:
    """The status of a form that is sent to an API with a client."""
    serve(gateway, GOLD, use_oauth2=True, oauth_meta={"allowed_access_types": ["client_credentials"]})
    body = (
        b'{"client_id":"cl","secret":"s","policy_id":"gold","redirect_uri":"http://c.test","api_id":"orders"}'
    )
    secret = ("X-Tyk-Authorization", gateway.secret)
    send(gateway, "POST", "/tyk/oauth/clients/create", [secret], body)
    sent = [("Content-Type", "application/x-www-form-urlencoded"), *headers]
    return send(gateway, "POST", path, sent, form).status


def _with_client_at_token(gateway: MockGateway, _: MockDashboard) -> int:
    credential = "Basic " + base64.b64encode(b"cl:wrong").decode()
    form = b"grant_type=client_credentials"
    return _with_client(gateway, "/orders/oauth/token", ("Authorization", credential), form=form)


def _with_client_at_revoke(gateway: MockGateway, _: MockDashboard) -> int:
    return _with_client(gateway, "/orders/oauth/revoke_all", form=b"client_id=cl&client_secret=wrong")


@pytest.mark.parametrize(
    "attempt",
    [
        _with_secret,
        _with_key,
        _with_admin_secret,
        _with_node_secret,
        _with_client_at_token,
        _with_client_at_revoke,
    ],
    ids=lambda attempt: attempt.__name__.removeprefix("_with_"),
)
def test_credentials_are_compared_in_constant_time(
    gateway: MockGateway,
    dashboard: MockDashboard,
    attempt: Callable[[MockGateway, MockDashboard], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wrong credential is refused by a comparison in constant time, and by nothing else."""
    assert attempt(gateway, dashboard) in (401, 403)
    monkeypatch.setattr(hmac, "compare_digest", lambda *_: True)
    assert attempt(gateway, dashboard) == 200


def test_a_mock_listens_on_one_address(gateway: MockGateway, dashboard: MockDashboard) -> None:
    """A mock that is given no address is reached at 127.0.0.1, and at no other address of the machine."""
    for mock in (gateway, dashboard):
        host, port = mock.url.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        with socket.socket() as other:
            other.settimeout(5)
            assert other.connect_ex(("127.0.0.2", int(port))) != 0
