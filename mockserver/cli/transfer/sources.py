"""Reading of what is to be carried: from a gateway, a Dashboard, or files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contract_tests.engine.resources import quoted
from mockserver.cli.impact_files import policies_at
from mockserver.cli.impact_services import items_of, keys_of_gateway
from mockserver.cli.json_service import JsonService, ServiceError
from mockserver.cli.transfer import export_files
from mockserver.cli.transfer.contents import Contents, Document
from mockserver.cli.transfer.key_names import KeyNames, unmarked
from mockserver.contract.spec_files import version_of
from mockserver.gateway.impact import COUNTERS, Rules
from mockserver.http.redaction import hidden

OF_USE = COUNTERS | {"date_created"}  # members of a session that its use changes


def of_gateway(service: JsonService, rules: Rules, names: KeyNames) -> Contents:
    """All that a gateway tells: its loaded policies and classic APIs, its keys and OAuth clients.

    Raises:
        ServiceError: it does not answer, or does not list its policies or APIs.
    """
    contents = Contents("gateway", str(rules.version))
    advice = "check the URL and the secret"
    contents.add_all("policies", service.listing("/tyk/policies", items_of, advice), "id")
    for api in service.listing("/tyk/apis", items_of, advice):
        _add_api(contents, api)
    _add_clients(contents, service)
    try:
        keys, unread = keys_of_gateway(service, rules)
    except ServiceError as error:
        contents.problems.append(f"no key is carried: {error}")
        return contents
    tokens = 0
    for key in sorted(keys, key=lambda key: key.name.id):
        if key.document.get("oauth_client_id"):
            tokens += 1
            continue
        session = without_use(dict(key.document))
        contents.add("keys", names.name(key.name.id, session), unmarked(session))
    if tokens:
        contents.notes.append(f"{tokens} access tokens of OAuth clients are left out, for they are secrets")
    for key_unread in unread:
        shown = names.name(key_unread.name.id, {})
        reason = hidden(key_unread.reason, key_unread.name.id)
        contents.problems.append(f"key {shown!r} is not carried: it could not be read: {reason}")
    return contents


def of_dashboard(service: JsonService, version: str) -> Contents:
    """The policies and classic APIs of the organisation of a Dashboard's key.

    Raises:
        ServiceError: it does not answer, or does not list them.
    """
    contents = Contents("dashboard", version)
    policies = service.listing("/api/portal/policies?p=-1", lambda document: document["Data"], "check --key")
    for policy in policies:
        name = (policy.get("id") or policy.get("_id")) if isinstance(policy, dict) else None
        contents.add("policies", name, policy)
    for entry in service.listing("/api/apis?p=-2", lambda document: document["apis"] or [], "check --key"):
        _add_api(contents, entry.get("api_definition") if isinstance(entry, dict) else None)
    contents.notes.append("keys and OAuth clients are in the gateway: export them from its URL")
    return contents


def of_path(path: Path, gateway: str | None = None) -> Contents:
    """What an export has, or the policies of a directory or a record file, as a gateway reads them.

    Args:
        path: the export, the directory or the file.
        gateway: the version of the gateway; the default version if it is None.

    Raises:
        ValueError: the path cannot be read, or the version is unknown.
    """
    if not path.exists():
        raise ValueError(f"{path} does not exist; give a path, or a URL as in http://host:8080")
    if (export := export_files.read(path)) is not None:
        return export
    rules = Rules(version_of(gateway))
    contents = Contents("files", str(rules.version))
    policies, contents.problems = policies_at(path, rules)
    for policy in policies:
        contents.add("policies", policy["id"], json.loads(rules.policies.encode(policy)))
    return contents


def without_use(session: Document) -> Document:
    """A copy of a session without what its use changes, and with its tags, a set, in order."""
    kept = {member: value for member, value in session.items() if member not in OF_USE}
    tags = kept.get("tags")
    if isinstance(tags, list):
        kept["tags"] = sorted(tags, key=str)
    rights = kept.get("access_rights")
    if isinstance(rights, dict):
        kept["access_rights"] = {name: _right_without_use(right) for name, right in rights.items()}
    return kept


def _right_without_use(right: Any) -> Any:
    if not isinstance(right, dict) or not isinstance(right.get("limit"), dict):
        return right
    limit = {member: value for member, value in right["limit"].items() if member not in OF_USE}
    return {**right, "limit": limit}


def _add_api(contents: Contents, api: Any) -> None:
    if isinstance(api, dict) and api.get("is_oas"):
        name = str(api.get("api_id"))[:80]
        contents.problems.append(f"API {name!r} is not carried: it is in OpenAPI form, not in classic form")
    else:
        contents.add("apis", api.get("api_id") if isinstance(api, dict) else None, api)


def _add_clients(contents: Contents, service: JsonService) -> None:
    """Add the OAuth clients of each API that has some."""
    for api_id, api in list(contents.apis.items()):
        if not api.get("use_oauth2"):
            continue
        try:
            clients = service.listing(f"/tyk/oauth/clients/{quoted(api_id)}", items_of, "try again")
        except ServiceError as error:
            contents.problems.append(f"no OAuth client of API {api_id[:80]!r} is carried: {error}")
            continue
        for client in clients:
            name = client.get("client_id") if isinstance(client, dict) else None
            document = {**client, "api_id": api_id} if isinstance(client, dict) else client
            contents.add("clients", f"{api_id}/{name}" if name else None, document)
