"""A gateway that an import writes to."""

from __future__ import annotations

from collections.abc import Callable

from contract_tests.engine.resources import quoted
from mockserver.cli import USAGE
from mockserver.cli.impact_services import items_of
from mockserver.cli.json_service import JsonService, ServiceError, message_in
from mockserver.cli.transfer.contents import Contents, Document
from mockserver.cli.transfer.key_names import marked, unmarked
from mockserver.cli.transfer.plan import Found, Plan, Write, compared
from mockserver.cli.transfer.sources import without_use
from mockserver.gateway.key_ids import storage_names

_ABSENT = (400, 404)  # an OAuth client of an API that is not there is answered with either


class GatewayTarget:
    """A gateway, mock or real; see `Target`."""

    title = "gateway"

    def __init__(self, service: JsonService, *, is_mock: bool) -> None:
        self._service = service
        self.is_mock = is_mock
        self.notes: list[str] = []

    def plan(self, contents: Contents) -> Plan:
        """What an import of contents would do.

        Raises:
            ServiceError, ClientError: the target cannot be read.
        """
        policies = self._by_id("/tyk/policies", "id")
        apis = self._by_id("/tyk/apis", "api_id")
        present: dict[str, Found] = {
            "policies": lambda name, _: policies.get(name),
            "apis": lambda name, _: apis.get(name),
            "keys": self._key,
            "clients": self._client,
        }
        return compared(contents.kinds, present, is_mock=self.is_mock)

    def write(self, write: Write) -> str:
        """Write one document; the reason why it is not written, "" if it is.

        Raises:
            ClientError: there is no answer.
        """
        method, target, document = _REQUESTS[write.kind](write)
        status, answer = self._service.send(method, target, document)
        if status == 200:
            return ""
        reason = f"{method} {target} answers {status}{message_in(answer)}"
        if write.kind == "keys" and document.get("apply_policies"):
            return self._write_refused_key(write, target, document, reason)
        return reason

    def _write_refused_key(self, write: Write, target: str, session: Document, reason: str) -> str:
        """Write a key whose policies cannot be applied: a gateway takes them once the key is there.

        Such a key is refused at each request, in the source and in the target alike. What the gateway names
        it must be a name of this key, or the policies would be those of another one.
        """
        policies = session["apply_policies"]
        status, answer = self._service.send("POST", target, {**session, "apply_policies": []})
        if status != 200 or not isinstance(answer, dict):
            return reason
        stored = str(answer.get("key_hash") or answer.get("key"))
        if stored not in storage_names(str(session.get("org_id", "")), write.name):
            return "it is there without its policies: the gateway answers with the name of another key"
        path = f"/tyk/keys/policy/{quoted(stored)}"
        status, answer = self._service.send("POST", path, {"apply_policies": policies})
        if status == 200:
            return ""
        return f"it is there without its policies: they are refused with {status}{message_in(answer)}"

    def reload(self) -> str:
        """Load what was written; the reason why that failed, "" if it did not.

        Raises:
            ClientError: there is no answer.
        """
        status, answer = self._service.get("/tyk/reload?block=true")
        return "" if status == 200 else f"GET /tyk/reload answers {status}{message_in(answer)}"

    def _by_id(self, target: str, member: str) -> dict[str, Document]:
        items = self._service.listing(target, items_of, "check the URL and --secret")
        return {str(item.get(member)): item for item in items if isinstance(item, dict)}

    def _key(self, name: str, session: Document) -> Document | None:
        query = f"?org_id={quoted(str(session.get('org_id', '')))}"
        document = self._found(f"/tyk/keys/{quoted(name)}{query}")
        return None if document is None else unmarked(without_use(document))

    def _client(self, name: str, client: Document) -> Document | None:
        document = self._found(f"/tyk/oauth/clients/{_client_path(name)}")
        return None if document is None else {**document, "api_id": client.get("api_id")}

    def _found(self, target: str) -> Document | None:
        """The document at a target; None if there is none.

        Raises:
            ServiceError: the answer says neither, so that a write could overwrite what is there.
        """
        status, document = self._service.get(target)
        if status in _ABSENT:
            return None
        if status == 200 and isinstance(document, dict):
            return document
        raise ServiceError(f"GET {target} answers {status}{message_in(document)}; nothing was written", USAGE)


def _client_path(name: str) -> str:
    return "/".join(map(quoted, name.split("/", 1)))


def _policy(write: Write) -> tuple[str, str, Document]:
    document = {**write.document, "id": write.name}
    if write.is_new:
        return "POST", "/tyk/policies", document
    return "PUT", f"/tyk/policies/{quoted(write.name)}", document


def _api(write: Write) -> tuple[str, str, Document]:
    if write.is_new:
        return "POST", "/tyk/apis", write.document
    return "PUT", f"/tyk/apis/{quoted(write.name)}", write.document


def _key(write: Write) -> tuple[str, str, Document]:
    return "POST", f"/tyk/keys/{quoted(write.name)}", marked(write.name, write.document)


def _client(write: Write) -> tuple[str, str, Document]:
    if write.is_new:
        return "POST", "/tyk/oauth/clients/create", write.document
    return "PUT", f"/tyk/oauth/clients/{_client_path(write.name)}", write.document


_REQUESTS: dict[str, Callable[[Write], tuple[str, str, Document]]] = {
    "policies": _policy, "apis": _api, "keys": _key, "clients": _client,
}  # fmt: skip
