"""The pages that only a gateway has: policies, keys, APIs."""

from __future__ import annotations

from flask import Blueprint, Response, request

from mockserver.gateway.gateway import Gateway
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.source import ReloadHangs
from mockserver.serving.dispatcher import Dispatcher
from mockserver.serving.gateway_control import explained, state_of
from mockserver.serving.pages.policy_pairs import pairs_of, state_in_words
from mockserver.serving.pages.rendering import PREFIX, SHOWN, Overview, redirected, rendered

_POLICIES, _KEYS = f"{PREFIX}/policies", f"{PREFIX}/keys"


def overview(dispatcher: Dispatcher) -> Overview:
    """What the first page tells of a gateway."""
    gateway: Gateway = dispatcher.service.state
    state = state_of(dispatcher)
    pairs = pairs_of(state["written"].values(), state["loaded"])
    facts = {
        "Version": f"Tyk Gateway {state['gateway']}",
        "Up for": f"{state['uptime']:.0f} s",
        "Policies written": len(state["written"]),
        "Policies loaded": len(state["loaded"]),
        "Not loaded as written": sum(not pair.is_same for pair in pairs),
        "APIs": len(state["apis"]),
        "Keys": len(gateway.sessions.names("")),
        **({"Fed by": gateway.source.description} if gateway.source else {}),
    }
    return Overview(facts, state["findings"])


def add_pages(pages: Blueprint, dispatcher: Dispatcher) -> None:
    """Add the pages of the gateway of a dispatcher."""
    gateway: Gateway = dispatcher.service.state
    _add_policies(pages, dispatcher)
    _add_keys(pages, gateway)

    @pages.get("/pages/apis")
    def apis() -> Response:
        loaded = sorted(gateway.apis.loaded.by_id.values(), key=lambda api: api.id)
        return rendered("gateway", "apis.html", apis=loaded[:SHOWN], total=len(loaded))


def _add_policies(pages: Blueprint, dispatcher: Dispatcher) -> None:
    gateway: Gateway = dispatcher.service.state

    def shown_policies(problem: str = "") -> Response:
        state = state_of(dispatcher)
        pairs = pairs_of(state["written"].values(), state["loaded"])
        shown = [(pair, state_in_words(gateway, pair)) for pair in pairs[:SHOWN]]
        different = sum(not pair.is_same for pair in pairs)
        return rendered(
            "gateway", "policies.html", status=500 if problem else 200, current=_POLICIES, policies=shown,
            total=len(pairs), different=different, problem=problem, prefix=PREFIX,
        )  # fmt: skip

    @pages.get("/pages/policies")
    def policies() -> Response:
        return shown_policies()

    @pages.post("/pages/reload")
    def reload() -> Response:
        try:
            gateway.reload()
        except ReloadHangs as reason:
            return shown_policies(f"A real gateway would never end this reload: {reason}")
        return redirected(_POLICIES)

    @pages.get("/pages/policy")
    def policy() -> Response:
        state, name = state_of(dispatcher), request.args.get("id", "")
        found = [
            pair for pair in pairs_of(state["written"].values(), state["loaded"]) if pair.policy_id == name
        ]
        if not found:
            message = f"There is no policy {name!r}."
            return rendered("gateway", "problem.html", status=404, current=_POLICIES, message=message)
        shown = [(pair, state_in_words(gateway, pair)) for pair in found]
        return rendered("gateway", "policy.html", current=_POLICIES, policies=shown, name=name)


def _add_keys(pages: Blueprint, gateway: Gateway) -> None:
    @pages.get("/pages/keys")
    def keys() -> Response:
        names = gateway.sessions.names("")
        sessions = [(name, _session(gateway, name)) for name in names[:SHOWN]]
        return rendered(
            "gateway", "keys.html", keys=[pair for pair in sessions if pair[1]], total=len(names),
            is_hashed=gateway.config.hash_keys, prefix=PREFIX,
        )  # fmt: skip

    @pages.get("/pages/why")
    def why() -> Response:
        key, org_id = request.args.get("key", ""), request.args.get("org_id", "")
        session = _session(gateway, key, org_id)
        if session is None:
            message = f"There is no key {key!r}; give the complete id, or also its organisation."
            return rendered("gateway", "problem.html", status=404, current=_KEYS, message=message)
        explanation = explained(gateway, session)
        return rendered("gateway", "why.html", current=_KEYS, key=key, explanation=explanation, prefix=PREFIX)


def _session(gateway: Gateway, key: str, org_id: str = "") -> Document | None:
    """The session of a key, by the name that it is stored under, or by its id; None if there is none."""
    entry = gateway.sessions.find("", key, by_hash=True) or gateway.sessions.find(org_id, key)
    return entry[1] if entry else None
