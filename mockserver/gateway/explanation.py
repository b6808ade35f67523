"""Explanations of a session: the policy and the rule that each limit and right came from."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass
from typing import Any

from mockserver.console.terminal import printable
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
class Explanation:
    """A session after its policies were applied.

    Attributes:
        session: the session as in a response.
        reasons: one for each value, in the order of the session.
        error: the gateway's error message if the policies could not be applied, else "".
    """

    session: Document
    reasons: tuple[Reason, ...]
    error: str


def explain_files(files: Files, body: bytes, version: GatewayVersion) -> Explanation:
    """Apply the policies in files to the session in a body.

    Raises:
        Malformed: the body is not a session.
    """
    contract, behaviours = Contract.load(version), load().of(version)
    codec = Codec.of(contract, "SessionState")
    store = PolicyStore(Codec.of(contract, "Policy"), files, behaviours=behaviours)
    store.reload()
    return explain(codec.decode(body), store, codec, behaviours)


def explain(session: Document, store: PolicyStore, codec: Codec, behaviours: frozenset[str]) -> Explanation:
    """Apply the loaded policies to a session; `codec` is that of sessions."""
    application = application_of(session, store, codec, behaviours)
    error = ""
    try:
        application.run()
    except PoliciesNotApplicable as refusal:
        error = str(refusal)
    shown = codec.type.output(session)
    return Explanation(shown, tuple(_reasons(shown, application.origins)), error)


def _reasons(session: Document, origins: dict[str, Origin]) -> list[Reason]:
    """The reasons, one for each value, in the order of the session."""
    reasons = []
    for path, value in values_of(session):
        origin = origin_of(path, origins)
        rule = origin.rule if origin else "no policy touches it"
        reasons.append(Reason(path, value, origin.policy if origin and origin.policy else OWN, rule))
    return reasons


def origin_of(path: str, origins: dict[str, Origin]) -> Origin | None:
    """The origin of a value, else of the right that contains it."""
    if path in origins:
        return origins[path]
    parts = path.split("/")
    inside_right = parts[0] == "access_rights" and len(parts) > 2 and parts[2] != "limit"
    return origins.get("/".join(parts[:2])) if inside_right else None


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
    width = max((len(reason.path) for reason in explanation.reasons), default=0)
    origins = max((len(reason.origin) for reason in explanation.reasons), default=0)
    for reason in explanation.reasons:
        value = json_writer.write(reason.value)
        shown = value if len(value) <= 40 else f"{value[:37]}..."
        lines.append(f"{reason.path:{width}}  {shown:40}  {reason.origin:{origins}}  {reason.rule}")
    return "\n".join(map(printable, lines)) + "\n"


def as_json(explanation: Explanation) -> str:
    """The explanation as a JSON object with the members session, reasons and error."""
    document = {**asdict(explanation), "reasons": [asdict(reason) for reason in explanation.reasons]}
    return json.dumps(document, indent=2) + "\n"


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
