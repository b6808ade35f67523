"""A gateway that names things of others in its answers makes the suite touch none of them, and fails."""

from __future__ import annotations

import base64
import importlib
import inspect
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from asking import call

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import NotApplicable
from contract_tests.engine.ownership import UnsafeRequest
from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.schema_judge import SchemaJudge
from contract_tests.gateway import client
from contract_tests.gateway.service import GATEWAY
from mockserver import MockGateway
from mockserver.http.messages import Reply, Request
from mockserver.serving.dispatcher import Dispatcher

pytestmark = pytest.mark.slow  # whole runs of tests

MODULES = (
    "test_keys", "test_key_members", "test_oauth", "test_oauth_clients",
    "test_oauth_tokens", "test_organisations", "test_apis", "test_add_policy",
    "test_update_policy", "test_delete_policy", "test_ids_apart",
)  # fmt: skip
NAMING = ("key", "access_token", "client_id", "code", "api_id", "id", "_id", "org_id", "keys")
FOREIGN_HEX = "7c0a57acdeadbeefdeadbeef"  # a database id that no run made
OTHERS = ("victim", FOREIGN_HEX)  # each foreign name has one of them as a part, however it is encoded
OF_OTHERS = (
    "/tyk/apis/victim-api", "/tyk/policies/victim-key", f"/tyk/policies/{FOREIGN_HEX}",
    "/tyk/keys/victim-key", "/tyk/keys/victimorgvictim-key", "/tyk/org/keys/victimorg",
    "/tyk/oauth/clients/victim-api",
)  # fmt: skip
ROUNDS = 5  # of random names


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _foreign_names(run: str) -> list[str]:
    """Names of others, and names that look like the run's until a server decodes or cleans them."""
    return [
        "victim-key", "victimorgvictim-key", FOREIGN_HEX, "tyk-contract-00000000-victim", f"victim/{run}1",
        _in_base64('{"org":"victimorg","id":"victim","h":"murmur64"}'),
        _in_base64(f'{{"org":"victimorg","org":"{run}","id":"1","h":"murmur64"}}'),
        f"{run}1/../victim-key", f"{run}1/../../keys/victim-key", f"{run}/..%2fvictim-key",
        f"{run}1%2f..%2Fvictim-key", f"{run}1%252f%252e%252e%252fvictim-key", f"{run}1/..;/victim-key",
        f"{run}1\\..\\victim-key", f"{run}1/.. /victim-key", f"../{run}1/../victim-key",
        f"{run}1?org_id=victimorg", f"{run}1&token=victim-key", f"{run}1;token=victim-key",
        f"{run}1#victim-key", f"{run}1 HTTP/1.1\r\nX: victim-key", f"{run}1\0victim-key",
    ]  # fmt: skip


class Hostile:
    """A mock whose answers name things of others.

    Attributes:
        writes: the requests that were not GET, as they came.
        choose: the foreign name, or another value, to put in place of a member, by the member's name; "" leaves it.
    """

    def __init__(self, gateway: MockGateway, run: Run) -> None:
        self.gateway = gateway
        self.run = run
        self.writes: list[str] = []
        self.choose: Callable[[str], Any] = lambda _: ""

    def answer(self, request: Request, reply: Reply) -> Reply:
        """The answer to a request, with foreign names in it."""
        if request.method != "GET":
            self.writes.append(f"{request.method} {request.head.target}\n{request.body.decode('latin-1')}")
        try:
            document = json.loads(reply.body)
        except ValueError:
            return reply
        if (renamed := self._renamed(document)) == document:
            return reply
        return replace(reply, body=json.dumps(renamed, separators=(",", ":")).encode() + b"\n")

    def _renamed(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._renamed(item) for item in node]
        if not isinstance(node, dict):
            return node
        return {name: self._member(name, value) for name, value in node.items()}

    def _member(self, name: str, value: Any) -> Any:
        foreign = self.choose(name) if name in NAMING else ""
        if not foreign:
            return self._renamed(value)
        return [foreign, *value] if isinstance(value, list) else foreign

    def things_of_others(self) -> list[Any]:
        """The honest answers about the things that were there before the run."""
        self.choose = lambda _: ""
        return [call(self.gateway, "GET", target) for target in OF_OTHERS]


@pytest.fixture(name="hostile")
def _hostile(gateway: MockGateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    _write_things_of_others(gateway)
    options = RunOptions(url=gateway.url, secret=gateway.secret)
    run = Run.open(GATEWAY, options, gateway.gateway.contract, timeout=5)
    hostile, honest = Hostile(gateway, run), Dispatcher._reply

    def _reply(self: Dispatcher, request: Request, *arguments: Any) -> Any:
        reply, reached = honest(self, request, *arguments)
        return hostile.answer(request, reply), reached

    monkeypatch.setattr(Dispatcher, "_reply", _reply)
    yield hostile
    run.close()


def _write_things_of_others(gateway: MockGateway) -> None:
    api = {
        "api_id": "victim-api",
        "org_id": "victimorg",
        "proxy": {"listen_path": "/victim-api/"},
        "use_oauth2": True,
    }
    session = {"org_id": "victimorg", "access_rights": {"victim-api": {"api_id": "victim-api"}}}
    policy = {"id": "victim-key", "org_id": "victimorg", "access_rights": session["access_rights"]}
    for target, body in (
        ("/tyk/apis", api), ("/tyk/policies", policy), ("/tyk/policies", {"id": FOREIGN_HEX}),
        ("/tyk/keys/victim-key", session), ("/tyk/keys/victim-key", {**session, "org_id": ""}),
        ("/tyk/org/keys/victimorg", {}),
    ):  # fmt: skip
        assert call(gateway, "POST", target, body)[0] == 200
    gateway.reload()
    victim = {"api_id": "victim-api", "client_id": "victim-key", "policy_id": "victim-key"}
    assert call(gateway, "POST", "/tyk/oauth/clients/create", victim)[0] == 200


def _tests(run: Run) -> list[Any]:
    """The tests of the modules that the version needs, and that need no parameters."""
    modules = [importlib.import_module(f"contract_tests.gateway.{name}") for name in MODULES]
    functions = itertools.chain.from_iterable(inspect.getmembers(module) for module in modules)
    return [
        function.declaration.function
        for _, function in functions
        if hasattr(function, "declaration")
        and function.declaration.behaviour in run.service.behaviours.of(run.version)
        and list(inspect.signature(function.declaration.function).parameters) == ["gateway"]
    ]


class Outcome(NamedTuple):
    """What the tests found, and their own defects."""

    findings: list[Mismatch]
    defects: list[str]


def _run_tests(run: Run) -> Outcome:
    """Run the tests one after the other, then remove all that they wrote."""
    new_client = client.clients(run, SchemaJudge(run.contract))
    outcome = Outcome([], [])
    for test in _tests(run):
        try:
            for _ in test(new_client()) or ():
                run.target.reload()
        except Mismatch as mismatch:
            outcome.findings.append(mismatch)
        except NotApplicable:
            pass
        except UnsafeRequest as error:
            outcome.defects.append(f"{test.__name__}: {error}")
    run.cleanup.finish()
    return outcome


def _mentions_others(text: str) -> bool:
    """True if a write names a thing of others, however often it is encoded; no code of the suite is used."""
    for _ in range(10):
        words = re.split(r"[^0-9A-Za-z+=]", text)
        decoded = [base64.b64decode(word + "==") for word in words if word.startswith("eyJ")]
        if any(name.encode() in part for name in OTHERS for part in (text.encode(), *decoded)):
            return True
        text = unquote(text)
    return False


def test_an_honest_gateway_is_not_blamed(hostile: Hostile) -> None:
    """The tests that are run here find nothing in a mock whose answers are as they are."""
    assert _run_tests(hostile.run) == Outcome([], [])
    assert hostile.writes


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_of_others_is_touched(hostile: Hostile, seed: int) -> None:
    """No write names a thing that the gateway named and others made, and the gateway is blamed for naming it."""
    chance, before = random.Random(seed), hostile.things_of_others()
    names, share = _foreign_names(hostile.run.ownership.run), chance.choice((0.02, 0.2, 0.7))
    hostile.choose = lambda _: chance.choice(names) if chance.random() < share else ""
    outcome = _run_tests(hostile.run)
    assert [write for write in hostile.writes if _mentions_others(write)] == []
    assert outcome.defects == []
    assert outcome.findings
    assert hostile.things_of_others() == before


@pytest.mark.parametrize(
    ("member", "kinds"),
    [
        ("key", {"key", "policy", "API", "organisation"}),
        ("access_token", {"key"}),
        ("client_id", {"client"}),
    ],
)
def test_a_foreign_name_is_a_finding(hostile: Hostile, member: str, kinds: set[str]) -> None:
    """A name that is not of the run fails the test that asked for it, with the exchange, whatever it names."""
    names = itertools.cycle(_foreign_names(hostile.run.ownership.run))
    hostile.choose = lambda name: next(names) if name == member else ""
    outcome = _run_tests(hostile.run)
    matches = [re.search("named a (.*) that is not of this run", found.actual) for found in outcome.findings]
    blamed = [(match[1], found) for match, found in zip(matches, outcome.findings, strict=True) if match]
    assert {kind for kind, _ in blamed} >= kinds
    assert all(found.exchange for _, found in blamed)
    assert outcome.defects == []
    assert [write for write in hostile.writes if _mentions_others(write)] == []


@pytest.mark.parametrize("member", ["key", "access_token", "client_id"])
def test_a_name_that_is_no_text_is_a_finding(hostile: Hostile, member: str) -> None:
    """A list, an object or a number in the place of a name fails the test that asked for it."""
    values = itertools.cycle([["a"], 5, {"a": [1]}, True, 1.5])
    hostile.choose = lambda name: next(values) if name == member else ""
    outcome = _run_tests(hostile.run)
    assert outcome.defects == []
    assert any(re.search("named a .* that is not of this run", found.actual) for found in outcome.findings)
