"""Why a session has what it has: for each limit and right the policy it came from, and the rule."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass
from typing import Any

from mockserver.contract.behaviours import load
from mockserver.contract.codecs import Codec
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import GatewayVersion
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.policy_store import PolicyStore
from mockserver.gateway.provenance import Origin, PoliciesNotApplicable
from mockserver.gateway.session_store import application_of
from mockserver.golang import json_writer
from mockserver.storage.files import Files

OWN = "the session itself"


@dataclass(frozen=True)
class Reason:
    """One value of the result.

    Attributes:
        path: where it stands, "access_rights/orders/limit/rate".
        value: what it is, as JSON would have it.
        origin: the policy's id, or `OWN`.
        rule: what decided, in words.
    """

    path: str
    value: Any
    origin: str
    rule: str


@dataclass(frozen=True)
class Explanation:
    """A session after its policies, and the reasons for it; `error` is the gateway's refusal, or ""."""

    session: Document
    reasons: tuple[Reason, ...]
    error: str


def explain_files(files: Files, body: bytes, version: GatewayVersion) -> Explanation:
    """Apply the policies of a directory to a session.

    Raises:
        Malformed: the body is no session.
    """
    contract, behaviours = Contract.load(version), load().of(version)
    codec = Codec.of(contract, "SessionState")
    store = PolicyStore(Codec.of(contract, "Policy"), files, behaviours=behaviours)
    store.reload()
    return explain(codec.decode(body), store, codec, behaviours)


def explain(session: Document, store: PolicyStore, codec: Codec, behaviours: frozenset[str]) -> Explanation:
    """Apply the loaded policies to a session."""
    application = application_of(session, store, codec, behaviours)
    error = ""
    try:
        application.run()
    except PoliciesNotApplicable as refusal:
        error = str(refusal)
    shown = codec.type.output(session)
    return Explanation(shown, tuple(_reasons(shown, application.choices)), error)


def _reasons(session: Document, choices: dict[str, Origin]) -> list[Reason]:
    """A reason for each value that is shown, in the order of the document."""
    found = []
    for path, value in _values(session, ""):
        choice = _choice_of(path, choices)
        rule = choice.rule if choice else "no policy touches it"
        found.append(Reason(path, value, choice.policy if choice and choice.policy else OWN, rule))
    return found


def _choice_of(path: str, choices: dict[str, Origin]) -> Origin | None:
    """The choice of a value, or of the right that it is in."""
    if path in choices:
        return choices[path]
    parts = path.split("/")
    inside_right = parts[0] == "access_rights" and len(parts) > 2 and parts[2] != "limit"
    return choices.get("/".join(parts[:2])) if inside_right else None


def _values(node: Any, path: str) -> list[tuple[str, Any]]:
    """The limits, rights and metadata of a session; objects are gone into down to there."""
    deeper = path == "" or path in ("access_rights", "meta_data") or path.endswith("/limit")
    deeper = deeper or (path.startswith("access_rights/") and path.count("/") == 1)
    if isinstance(node, dict) and deeper:
        return [each for name, value in node.items() for each in _values(value, f"{path}/{name}".lstrip("/"))]
    return [(path, node)]


def as_text(explanation: Explanation) -> str:
    """One line for each value."""
    lines = [f"refused: {explanation.error}"] if explanation.error else []
    width = max((len(reason.path) for reason in explanation.reasons), default=0)
    origins = max((len(reason.origin) for reason in explanation.reasons), default=0)
    for reason in explanation.reasons:
        value = json_writer.write(reason.value)
        shown = value if len(value) <= 40 else f"{value[:37]}..."
        lines.append(f"{reason.path:{width}}  {shown:40}  {reason.origin:{origins}}  {reason.rule}")
    return "\n".join(lines) + "\n"


def as_json(explanation: Explanation) -> str:
    """The session and its reasons."""
    document = {**asdict(explanation), "reasons": [asdict(reason) for reason in explanation.reasons]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_mermaid(explanation: Explanation) -> str:
    """A flow chart from policies to what they gave, the rule on each arrow."""
    origins = list(dict.fromkeys(reason.origin for reason in explanation.reasons))
    lines = ["flowchart LR"]
    lines += [f'  p{i}["{html.escape(origin)}"]' for i, origin in enumerate(origins)]
    for i, reason in enumerate(explanation.reasons):
        value = json_writer.write(reason.value)[:60]
        lines.append(f'  v{i}["{html.escape(reason.path)} = {html.escape(value)}"]')
        lines.append(f'  p{origins.index(reason.origin)} -->|"{html.escape(reason.rule)}"| v{i}')
    return "\n".join(lines) + "\n"


FORMATS = {"text": as_text, "json": as_json, "mermaid": as_mermaid}
