"""The products of a portal, or its plans: what it keeps of them beside their policies."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from mockserver.dashboard.object_ids import new_object_id
from mockserver.dashboard.portal.bodies import PortalError, read
from mockserver.dashboard.portal.kinds import PRODUCT, UNLIMITED, Kind
from mockserver.dashboard.portal.provider import Provider
from mockserver.dashboard.records import Document, Records


class Offerings:
    """The products, or the plans; each but a documentation-only product has a policy of the Dashboard.

    The portal keeps a name, texts and whether a synchronisation hid the offering; rights and limits are the
    policy's (DOC portal/api-products.mdx:35-49).
    """

    def __init__(self, kind: Kind, records: Records, provider: Provider) -> None:
        self.kind = kind
        self._records = records
        self._provider = provider

    def all(self) -> list[Document]:
        """The offerings as the portal shows them, the oldest first."""
        return list(map(self._shown, self._records.all()))

    def get(self, reference: str) -> Document:
        """An offering as the portal shows it, by its id or its name.

        Raises:
            PortalError: there is none (404), or several have the name (409).
        """
        return self._shown(self.find(reference))

    def find(self, reference: str) -> Document:
        """What the portal keeps of an offering, by its id or its name, hidden ones last.

        Raises:
            PortalError: as for `get`.
        """
        if record := self._records.get(reference):
            return record
        records = [record for record in self._records.all() if record["name"] == reference]
        visible = [record for record in records if not record["hidden"]]
        return only(visible or records, self.kind.noun, reference)

    def create(self, sent: Mapping[str, Any]) -> Document:
        """Create an offering and its policy; returns the offering as the portal shows it.

        Raises:
            PortalError: a member is wrong, or the Dashboard refuses the policy.
        """
        members = read(sent, self.kind.members, whole=True)
        with self._provider.lock():
            policy_id = ""
            if not self._is_documentation_only(members):
                policy_id = self._create_policy(members)
            return self._shown(self._add(members, policy_id))

    def update(self, reference: str, sent: Mapping[str, Any]) -> Document:
        """Change some members of an offering and of its policy; returns it as the portal shows it.

        Raises:
            PortalError: a member is wrong, there is no such offering (404), its policy is gone (409), or the
                Dashboard refuses the policy.
        """
        members = read(sent, self.kind.members, whole=False)
        with self._provider.lock():
            record = dict(self.find(reference))
            policy = self._provider.policy(record["policy_id"])
            changed = self.kind.policy_members(members, policy, self._provider)
            if policy is not None:
                if changed:
                    self._provider.change(policy, changed)
            elif record["policy_id"] and changed:
                raise PortalError(
                    f"the Dashboard has no policy {record['policy_id']!r} any more; create it there and "
                    f"synchronise, or delete the {self.kind.noun} {record['name']!r}",
                    409,
                )
            elif members.get("apis"):
                record["policy_id"] = self._create_policy({**record, "tags": [], **members})
            record |= {name: value for name, value in members.items() if name in record}
            self._records.add(record["id"], record)
            return self._shown(record)

    def delete(self, reference: str) -> Document:
        """Remove an offering and its policy; returns what was kept of it.

        Sessions keep the id of the policy. Source: DOC release notes of portal 1.18.0.

        Raises:
            PortalError: there is no such offering (404).
        """
        with self._provider.lock():
            record = self.find(reference)
            if policy := self._provider.policy(record["policy_id"]):
                self._provider.delete(policy)
            self._records.remove(record["id"])
            return record

    def records(self) -> list[Document]:
        """What the portal keeps of each offering, the oldest first."""
        return self._records.all()

    def adopt(self, policy: Document) -> Document:
        """Add an offering without texts for a policy that the Dashboard has."""
        return self._add({"name": policy["name"], "description": "", "catalogues": []}, policy["_id"])

    def store(self, record: Document) -> None:
        """Replace what the portal keeps of an offering."""
        self._records.add(record["id"], record)

    def _is_documentation_only(self, members: Document) -> bool:
        """True for a product without APIs, which has no policy (DOC portal/api-products.mdx:265-290)."""
        return self.kind is PRODUCT and not members["apis"]

    def _create_policy(self, members: Document) -> str:
        partitions = dict.fromkeys(self.kind.partitions, True)
        policy = self.kind.policy_members(members, None, self._provider)
        return self._provider.create({**UNLIMITED, **policy, "partitions": partitions})

    def _add(self, members: Document, policy_id: str) -> Document:
        record = {
            "id": new_object_id(self._provider.now()),
            **{name: members[name] for name in ("name", "description", "catalogues")},
            "hidden": False,
            "policy_id": policy_id,
        }
        self._records.add(record["id"], record)
        return record

    def _shown(self, record: Document) -> Document:
        policy = self._provider.policy(record["policy_id"])
        summary = {name: policy[name] for name in ("_id", "id", "name", "state", "tags")} if policy else None
        texts = {name: value for name, value in record.items() if name != "policy_id"}
        return deepcopy({**texts, **self.kind.shown(policy), "policy": summary})


def only(records: list[Document], noun: str, reference: str) -> Document:
    """The only one of the records that have a name.

    Raises:
        PortalError: there is none (404), or there are several (409).
    """
    if not records:
        raise PortalError(f"there is no {noun} {reference!r}; GET /_mock/portal/{noun}s lists them", 404)
    if len(records) > 1:
        ids = ", ".join(record["id"] for record in records)
        raise PortalError(f"{len(records)} {noun}s have the name {reference!r}; give an id: {ids}", 409)
    return records[0]
