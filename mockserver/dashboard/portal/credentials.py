"""The credentials that a portal gives out: keys whose sessions carry the policies of products and of a plan.

One credential has several products and one plan, as a custom credential of a real portal (swagger of the
Enterprise Developer Portal, CustomCredential). Keys are the only kind here.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from mockserver.dashboard.object_ids import new_object_id
from mockserver.dashboard.portal.bodies import Member, PortalError, are_texts, is_filled, is_text, read
from mockserver.dashboard.portal.offerings import Offerings, only
from mockserver.dashboard.portal.provider import Provider
from mockserver.dashboard.records import Document, Records
from mockserver.dashboard.replies import Refusal

_CHANGEABLE = {
    "alias": Member(is_filled, "a text"),
    "products": Member(
        lambda value: are_texts(value) and value != [], "a list of ids or names, at least one"
    ),
    "plan": Member(is_filled, "an id or a name"),
}
MEMBERS = _CHANGEABLE | {"key": Member(is_text, "a text, the name of the key", "")}
_KEY = "authToken"  # the way of authentication that a key serves


class Credentials:
    """The credentials: what the portal keeps of each, and its key at the gateway."""

    def __init__(self, records: Records, provider: Provider, products: Offerings, plans: Offerings) -> None:
        self._records = records
        self._provider = provider
        self._products = products
        self._plans = plans

    def all(self) -> list[Document]:
        """The credentials without their sessions, the oldest first."""
        return deepcopy(self._records.all())

    def get(self, reference: str) -> Document:
        """A credential with its session, by its id or its alias.

        `session` is null if the gateway has no such key; `orphaned` lists the policies of the session that
        the Dashboard has no more.

        Raises:
            PortalError: there is none (404), several have the alias (409), or the gateway does not answer.
        """
        record = self._find(reference)
        try:
            session = self._session(record)
        except PortalError as error:
            if error.status != 404:
                raise
            session = None
        return self._shown(record, session)

    def create(self, sent: Mapping[str, Any]) -> Document:
        """Create a key with the policies of products and of a plan; returns the credential with its session.

        Raises:
            PortalError: a member is wrong, a product or plan does not fit, the gateway has a key of that name
                (409), or does not take it.
        """
        members = read(sent, MEMBERS, whole=True)
        offers, policies = self._resolved(members)
        if members["key"]:
            self._check_free(members["key"])
        session = {"alias": members["alias"], "apply_policies": policies}
        try:
            written = self._provider.keys.create(self._provider.org_id, session, members["key"])
        except Refusal as refusal:
            raise _not_taken(members["alias"], refusal) from refusal
        record = {
            "id": new_object_id(self._provider.now()),
            "alias": members["alias"],
            "key": written.key,
            "key_hash": written.key_hash,
            **offers,
        }
        self._records.add(record["id"], record)
        return self._shown(record, written.session)

    def update(self, reference: str, sent: Mapping[str, Any]) -> Document:
        """Change the alias, products or plan of a credential; its key and its expiry stay.

        Raises:
            PortalError: as for `create`, or there is no such credential (404).
        """
        members = read(sent, _CHANGEABLE, whole=False)
        record = self._find(reference)
        before = self._session(record)
        record = {**record, **members}
        offers, policies = self._resolved(record)
        record |= offers
        session = {"alias": record["alias"], "apply_policies": policies, "expires": before.get("expires", 0)}
        try:
            written = self._provider.keys.update(self._provider.org_id, session, record["key"])
        except Refusal as refusal:
            raise _not_taken(record["alias"], refusal) from refusal
        self._records.add(record["id"], record)
        return self._shown(record, written.session)

    def delete(self, reference: str) -> None:
        """Revoke a credential: remove its key from the gateway; one that is gone already is no error.

        Raises:
            PortalError: there is no such credential (404), or the gateway does not remove the key.
        """
        record = self._find(reference)
        try:
            self._session(record)
            self._provider.keys.delete(self._provider.org_id, record["key"])
        except PortalError as error:
            if error.status != 404:
                raise
        except Refusal as refusal:
            raise _not_taken(record["alias"], refusal) from refusal
        self._records.remove(record["id"])

    def naming(self, offering_id: str) -> list[str]:
        """The aliases of the credentials that have a product or a plan."""
        return [
            record["alias"]
            for record in self._records.all()
            if offering_id in (*record["products"], record["plan"])
        ]

    def _find(self, reference: str) -> Document:
        if record := self._records.get(reference):
            return record
        records = [record for record in self._records.all() if record["alias"] == reference]
        return only(records, "credential", reference)

    def _session(self, record: Document) -> Document:
        """The session at the gateway, with its policies applied.

        Raises:
            PortalError: the gateway has no such key (404), or does not answer.
        """
        try:
            return self._provider.keys.session(self._provider.org_id, record["key"])
        except Refusal as refusal:
            raise _not_taken(record["alias"], refusal) from refusal

    def _check_free(self, key: str) -> None:
        """Check that the gateway has no key of a name; without an answer the write will tell."""
        try:
            self._provider.keys.session(self._provider.org_id, key)
        except Refusal as refusal:
            if refusal.status != 400:  # of a key of another organisation
                return
        raise PortalError(f"the gateway has a key {key!r} already; choose another, or leave it out", 409)

    def _resolved(self, members: Document) -> tuple[Document, list[str]]:
        """The ids of the products and of the plan, and of their policies in this order, for a session."""
        products = [self._products.find(reference) for reference in dict.fromkeys(members["products"])]
        plan = self._plans.find(members["plan"])
        policies = [self._policy("product", product) for product in products]
        for product, policy in zip(products, policies, strict=True):
            ways = policy["auth_types"] or []
            if ways and _KEY not in ways:
                raise PortalError(
                    f"the product {product['name']!r} asks for {', '.join(ways)}; credentials of this portal "
                    f"are keys, for APIs with {_KEY}"
                )
        policies.append(self._policy("plan", plan))
        offers = {"products": [product["id"] for product in products], "plan": plan["id"]}
        return offers, list(map(self._provider.session_id, policies))

    def _policy(self, noun: str, offering: Document) -> Document:
        policy = self._provider.policy(offering["policy_id"])
        if policy is None or offering["hidden"]:
            reason = "is hidden since a synchronisation" if offering["hidden"] else "has no policy"
            raise PortalError(f"the {noun} {offering['name']!r} {reason}; choose another", 409)
        return policy

    def _shown(self, record: Document, session: Any) -> Document:
        names = session.get("apply_policies") if isinstance(session, dict) else None
        policies, org_id = self._provider.policies, self._provider.org_id
        orphaned = [name for name in names or [] if policies.with_id(org_id, name) is None]
        return {**deepcopy(record), "orphaned": orphaned, "session": session}


def _not_taken(alias: str, refusal: Refusal) -> PortalError:
    return PortalError(
        f"the gateway did not do what the credential {alias!r} needs: {refusal.message} "
        "Check the gateway of tyk_api_config, and that it has loaded the APIs and policies",
        refusal.status,
    )
