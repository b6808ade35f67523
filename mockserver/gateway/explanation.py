"""Explanations of a session: the policy and the rule that each limit and right came from."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from mockserver.console.suggestions import nearest
from mockserver.console.terminal import printable
from mockserver.contract.codecs import Codec
from mockserver.gateway.policy_merging import Document, quoted
from mockserver.gateway.policy_store import PolicyStore
from mockserver.gateway.provenance import Origin, Origins, PoliciesNotApplicable
from mockserver.gateway.session_store import application_of
from mockserver.golang import json_writer

OWN = "the session itself"


@dataclass(frozen=True)
class Reason:
    """The origin of one value of a session.

    Attributes:
        path: the path of the value, for example "access_rights/orders/limit/rate".
        value: the value as in JSON.
        origin: the id of the policy that the value came from, or `OWN`.
        rule: the rule that selected the value, in words.
    """

    path: str
    value: Any
    origin: str
    rule: str


@dataclass(frozen=True)
class NamedPolicy:
    """A policy that a session names.

    Attributes:
        id: its id.
        is_loaded: True if a gateway has loaded it.
        problem: why a gateway has not loaded it, or not all of it; "" if it has.
    """

    id: str
    is_loaded: bool
    problem: str = ""


@dataclass(frozen=True)
class Explanation:
    """A session after its policies were applied.

    Attributes:
        session: the session as in a response.
        policies: the policies that the session names, in order.
        reasons: one for each value, in the order of the session.
        error: the gateway's error message if the policies could not be applied, else "".
    """

    session: Document
    policies: tuple[NamedPolicy, ...]
    reasons: tuple[Reason, ...]
    error: str


def explain(
    session: Document,
    store: PolicyStore,
    codec: Codec,
    behaviours: frozenset[str],
    problems: Mapping[str, str] = MappingProxyType({}),
) -> Explanation:
    """Apply the loaded policies to a session.

    Args:
        session: the session, which is changed.
        store: the loaded policies.
        codec: the codec of sessions.
        behaviours: the behaviours of the gateway's version.
        problems: why policies were not loaded, or not all of them, by their ids.
    """
    application = application_of(session, store, codec, behaviours)
    policies = tuple(_named(application.listed or (), store, problems))
    error = ""
    try:
        application.run()
    except PoliciesNotApplicable as refusal:
        error = str(refusal)
    shown = codec.type.output(session)
    return Explanation(shown, policies, tuple(_reasons(shown, application.origins)), error)


def _named(
    listed: Iterable[tuple[str, Document | None]], store: PolicyStore, problems: Mapping[str, str]
) -> Iterator[NamedPolicy]:
    """The policies that a session names, with what is wrong with them."""
    owners: dict[str, list[str]] = {}
    for loaded in store.loaded.listed:
        owners.setdefault(loaded.policy_id, []).append(loaded.org_id)
    for name, policy in listed:
        problem = problems.get(name, "")
        if policy is None and not problem and name in owners:
            orgs = ", ".join(org or "no organisation" for org in sorted(owners[name]))
            problem = f"not of the session's organisation, but of {orgs}"
        elif policy is None and not problem:
            near = nearest(name, [*owners, *store.loaded.by_id])
            problem = f"no such policy{f' (nearest: {near})' if near else ''}"
        yield NamedPolicy(name, policy is not None, problem)


def _reasons(session: Document, origins: Origins) -> list[Reason]:
    """The reasons, one for each value, in the order of the session."""
    reasons = []
    for path, value in values_of(session):
        place = _place_of(path, origins)
        rule = origins.rule(place) if place else "no policy touches it"
        reasons.append(Reason(path, value, (origins.origin(place) if place else "") or OWN, rule))
    return reasons


def origin_of(path: str, origins: Origins) -> Origin | None:
    """The origin of a value, else of the right that contains it."""
    place = _place_of(path, origins)
    return origins[place] if place else None


def _place_of(path: str, origins: Origins) -> str:
    """The path under which the origin of a value is: its own, or that of its right; "" if there is none."""
    if path in origins:
        return path
    parts = path.split("/")
    inside_right = parts[0] == "access_rights" and len(parts) > 2 and parts[2] != "limit"
    right = "/".join(parts[:2])
    return right if inside_right and right in origins else ""


def values_of(node: Any, path: str = "") -> list[tuple[str, Any]]:
    """The values of a session by path; rights, limits and metadata are split into their members."""
    deeper = path == "" or path in ("access_rights", "meta_data") or path.endswith("/limit")
    deeper = deeper or (path.startswith("access_rights/") and path.count("/") == 1)
    if isinstance(node, dict) and deeper:
        return [
            pair for name, value in node.items() for pair in values_of(value, f"{path}/{name}".lstrip("/"))
        ]
    return [(path, node)]


def as_text(explanation: Explanation) -> str:
    """The explanation as text, with one line for each value."""
    lines = [f"refused: {explanation.error}"] if explanation.error else []
    lines += [sentence(policy, explanation) for policy in explanation.policies if policy.problem]
    width = max((len(reason.path) for reason in explanation.reasons), default=0)
    origins = max((len(reason.origin) for reason in explanation.reasons), default=0)
    for reason in explanation.reasons:
        value = json_writer.write(reason.value)
        shown = value if len(value) <= 40 else f"{value[:37]}..."
        lines.append(f"{reason.path:{width}}  {shown:40}  {reason.origin:{origins}}  {reason.rule}")
    return "\n".join(map(printable, lines)) + "\n"


def sentence(policy: NamedPolicy, explanation: Explanation) -> str:
    """What is wrong with a policy that a session names, and what a gateway does about it."""
    if policy.is_loaded:
        return f"{policy.id}: {policy.problem}; a gateway applies the rest of it"
    does = "refuses the key" if explanation.error else "passes over it"
    return f"{policy.id}: {policy.problem}; a gateway {does}, and logs: policy not found: {quoted(policy.id)}"


def as_json(explanation: Explanation) -> str:
    """The explanation as a JSON object with the members session, policies, reasons and error."""
    return json.dumps(asdict(explanation), indent=2) + "\n"


def as_mermaid(explanation: Explanation) -> str:
    """The explanation as a Mermaid flow chart from policies to values, with the rules on the arrows."""
    origins = list(dict.fromkeys(reason.origin for reason in explanation.reasons))
    lines = ["flowchart LR"]
    lines += [f'  p{i}["{html.escape(origin)}"]' for i, origin in enumerate(origins)]
    for i, reason in enumerate(explanation.reasons):
        value = json_writer.write(reason.value)[:60]
        lines.append(f'  v{i}["{html.escape(reason.path)} = {html.escape(value)}"]')
        lines.append(f'  p{origins.index(reason.origin)} -->|"{html.escape(reason.rule)}"| v{i}')
    return "\n".join(map(printable, lines)) + "\n"


FORMATS = {"text": as_text, "json": as_json, "mermaid": as_mermaid}
