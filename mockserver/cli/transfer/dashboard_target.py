"""A Dashboard that an import writes to, through the API of its users.

A policy keeps `id`, and `_id` if it has 24 hexadecimal digits (DEMO, OP, SYNC). An API that is created gets
another api_id, which a PUT restores (SYNC apis.go:262, OP api.go:34-55). All become those of the organisation
of the user's key.
"""

from __future__ import annotations

from typing import Any

from contract_tests.engine.resources import quoted
from mockserver.cli import USAGE
from mockserver.cli.json_service import JsonService, ServiceError, cut, message_in
from mockserver.cli.transfer.contents import Contents, Document
from mockserver.cli.transfer.key_names import marked, unmarked
from mockserver.cli.transfer.plan import Found, Plan, Write, compared
from mockserver.cli.transfer.sources import without_use
from mockserver.dashboard.object_ids import is_object_id

_POLICIES, _APIS = "/api/portal/policies", "/api/apis"
_ADVICE = "check --key, and that its user may read policies and APIs"
_SET = {  # the members that a Dashboard sets, derives or fills in
    "policies": ("_id", "id", "org_id", "date_created", "last_updated", "state", "auth_type", "auth_types",
                 "access_rights_array", "graphql_enabled"),
    "apis": ("id", "org_id"),
    "keys": ("org_id",),
    "clients": ("api_id",),
}  # fmt: skip
_ABSENT = {  # the refusals of something that is not there (SW 1045, 4426, 6844)
    (404, "Could not retrieve key detail."), (404, "Could not retrieve app detail."),
    (400, "API reference not found."),
}  # fmt: skip


class DashboardTarget:
    """A Dashboard, mock or real; see `Target`.

    Args:
        has_switch: True if its version finds policies by `id` only with allow_explicit_policy_id.
    """

    title = "Dashboard"

    def __init__(self, service: JsonService, *, is_mock: bool, has_switch: bool) -> None:
        self._service = service
        self.is_mock = is_mock
        self.notes = [f"all become those of the organisation of the {self.title}'s key"]
        if has_switch:
            self.notes.append(
                "in this version keys find policies by id only with allow_explicit_policy_id, in the "
                "Dashboard and its gateways"
            )
        self._nameless: set[str] = set()  # ids of policies without a name
        self._policy_ids: dict[str, str] = {}  # database ids of the policies there, by the id of keys
        self._apis: dict[str, Document] = {}  # the APIs there and what stands beside them, by api_id

    def plan(self, contents: Contents) -> Plan:
        """What an import would do; APIs come first, for the Dashboard completes policies by them."""
        policies: dict[str, Document] = {}
        listing = self._service.listing(f"{_POLICIES}?p=-1", lambda document: document["Data"], _ADVICE)
        for policy in filter(_is_object, listing):
            name = str(policy.get("id") or policy.get("_id"))
            policies[name] = policy
            self._policy_ids[name] = str(policy.get("_id"))
        entries = self._service.listing(f"{_APIS}?p=-2", lambda document: document["apis"] or [], _ADVICE)
        for entry in filter(_is_object, entries):
            if isinstance(definition := entry.get("api_definition"), dict):
                self._apis[str(definition.get("api_id"))] = entry
        present: dict[str, Found] = {
            "apis": lambda name, _: self._apis[name]["api_definition"] if name in self._apis else None,
            "policies": lambda name, _: policies.get(name),
            "keys": self._key,
            "clients": self._client,
        }
        kinds = {
            "apis": contents.apis,
            "policies": {name: self._prepared(name, policy) for name, policy in contents.policies.items()},
            "keys": contents.keys,
            "clients": contents.clients,
        }
        return compared(
            kinds, {kind: _as_sent(kind, found) for kind, found in present.items()}, is_mock=self.is_mock
        )

    def write(self, write: Write) -> str:
        """Write one document; the reason why it is not written, "" if it is."""
        writers = {
            "policies": self._write_policy,
            "apis": self._write_api,
            "keys": self._write_key,
            "clients": self._write_client,
        }
        return writers[write.kind](write)

    def reload(self) -> str:
        """Do nothing: a Dashboard tells its gateways by itself."""
        return ""

    def _prepared(self, name: str, policy: Document) -> Document:
        """A policy as a Dashboard takes it: with a name, and with the ids of the APIs in its rights."""
        rights = policy.get("access_rights")
        if isinstance(rights, dict):
            rights = {
                key: {**right, "api_id": right.get("api_id") or key} if isinstance(right, dict) else right
                for key, right in rights.items()
            }
        if not policy.get("name"):
            self._nameless.add(name)
        prepared = {**policy, "name": policy.get("name") or name, "access_rights": rights}
        object_id = str(prepared.pop("_id", "") or "")
        return {**prepared, "_id": object_id} if is_object_id(object_id) else prepared

    def _write_policy(self, write: Write) -> str:
        is_named_by_database_id = write.document.get("_id") == write.name
        document = write.document if is_named_by_database_id else {**write.document, "id": write.name}
        if not write.is_new:
            object_id = self._policy_ids[write.name]
            return self._sent("PUT", f"{_POLICIES}/{quoted(object_id)}", {**document, "_id": object_id})[0]
        reason, answer = self._sent("POST", _POLICIES, document)
        if reason:
            return reason
        if write.name in self._nameless:
            self.notes.append(f"policy {write.name} has its id as its name, for it had none")
        if not document.get("active") and "state" not in document:
            self.notes.append(f"policy {write.name} is a draft there, for active is false")
        object_id = str(answer.get("Message"))
        wanted = str(document.get("_id") or object_id)
        if object_id.lower() == wanted.lower():
            return self._kept_id(write.name, object_id)
        if is_named_by_database_id:
            return f"it is there under the database id {object_id}, which the Dashboard chose"
        self.notes.append(f"policy {write.name} has the database id {object_id}, and had {wanted}")
        return self._kept_id(write.name, object_id)

    def _kept_id(self, name: str, object_id: str) -> str:
        """The reason if the Dashboard did not keep the id of a policy; "" if it did."""
        target = f"{_POLICIES}/{quoted(object_id)}"
        status, policy = self._service.get(target)
        if status != 200 or not isinstance(policy, dict):
            return f"it was written, and GET {target} answers {status}{message_in(policy)}"
        kept = policy.get("id") or policy.get("_id")
        return "" if kept == name else f"it is there under the id {kept}, which the Dashboard chose"

    def _write_api(self, write: Write) -> str:
        if write.is_new:
            definition = {name: value for name, value in write.document.items() if name not in _SET["apis"]}
            reason, answer = self._sent("POST", _APIS, {"api_definition": definition})
            if reason or answer.get("ID") == write.name:
                return reason
            object_id, entry = str(answer.get("Meta")), {}
            if foreign := self._foreign(object_id, definition):
                return foreign
        else:
            entry = self._apis[write.name]
            object_id = str(entry["api_definition"].get("id"))
        body = {**entry, "api_definition": {**write.document, "id": object_id}}
        reason, _ = self._sent("PUT", f"{_APIS}/{quoted(object_id)}", body)
        if reason and write.is_new:
            return f"it is there under an id that the Dashboard chose, for {reason}"
        return reason

    def _foreign(self, object_id: str, created: Document) -> str:
        """Why a database id, which the Dashboard chose, may be that of another API than the created one."""
        if not is_object_id(object_id):
            return f"the Dashboard answers with {cut(object_id)!r}, which is no database id"
        for name, entry in self._apis.items():
            if entry["api_definition"].get("id") == object_id:
                return f"the Dashboard answers with the database id of API {name}"
        target = f"{_APIS}/{quoted(object_id)}"
        status, document = self._service.get(target)
        shown = document.get("api_definition") if isinstance(document, dict) else None
        if status != 200 or not isinstance(shown, dict):
            return f"it was created, and GET {target} answers {status}{message_in(document)}"
        if shown.get("name") != created.get("name") or str(shown.get("api_id")) in self._apis:
            return f"it was created, and the Dashboard shows API {cut(str(shown.get('name')))!r} under its id"
        return ""

    def _write_key(self, write: Write) -> str:
        method = "POST" if write.is_new else "PUT"
        session = marked(write.name, write.document)
        reason, _ = self._sent(method, f"/api/keys/{quoted(write.name)}", session)
        is_early = reason and write.document.get("apply_policies") and not self.is_mock
        return f"{reason}; try again when its gateway has loaded the policies" if is_early else reason

    def _write_client(self, write: Write) -> str:
        if not write.is_new:
            return "the Dashboard's API cannot change a client; delete it there, and import again"
        api_id, client_id = write.name.split("/", 1)
        reason, answer = self._sent("POST", f"/api/apis/oauth/{quoted(api_id)}", write.document)
        if not reason and answer.get("client_id") != client_id:
            return f"it is there under the id {answer.get('client_id')}, which the Dashboard chose"
        return reason

    def _sent(self, method: str, target: str, document: Document) -> tuple[str, Document]:
        """The reason if the Dashboard refuses a document, "" if it does not, and its answer."""
        status, answer = self._service.send(method, target, document)
        members = answer if isinstance(answer, dict) else {}
        return ("" if status == 200 else f"{method} {target} answers {status}{message_in(answer)}"), members

    def _key(self, name: str, _: Document) -> Document | None:
        document = self._found(f"/api/keys/{quoted(name)}")
        session = None if document is None else document.get("data")
        return unmarked(without_use(session)) if isinstance(session, dict) else None

    def _client(self, name: str, _: Document) -> Document | None:
        return self._found(f"/api/apis/oauth/{'/'.join(map(quoted, name.split('/', 1)))}")

    def _found(self, target: str) -> Document | None:
        """The document at a target; None if there is none.

        Raises:
            ServiceError: the answer says neither, so that a write could overwrite what is there.
        """
        status, document = self._service.get(target)
        if status == 200 and isinstance(document, dict):
            return document
        if (status, message_in(document).strip()) in _ABSENT:
            return None
        raise ServiceError(f"GET {target} answers {status}{message_in(document)}; nothing was written", USAGE)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _as_sent(kind: str, found: Found) -> Found:
    """What a target has, with what it sets, derives or drops taken from the document."""

    def compared_with(name: str, document: Document) -> Document | None:
        before = found(name, document)
        if before is None:
            return None
        dropped = document.keys() - before.keys() if kind == "policies" else set()
        same = {member: document.get(member) for member in {*_SET[kind], *dropped}}
        return {**before, **same}

    return compared_with
