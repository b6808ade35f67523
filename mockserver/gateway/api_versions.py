"""APIs that are versions of another API: the parameters that name it, and its list of versions.

Source: lib/apidef/version.go:57 and gateway/api_helpers.go:205 @v5.12.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mockserver.gateway.api_definition import Api
from mockserver.gateway.api_store import LoadedApis
from mockserver.gateway.policy_merging import Document

SELF = "self"  # the name of the version that an API with versions is itself


class BadVersion(ValueError):
    """Parameters that name no version; `status` is that of the answer."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class NewVersion:
    """The parameters of a request that adds an API as a version of another.

    Attributes:
        base_id: the id of the other API; "" if the request adds an API of its own.
        base_name: the name of the version that the other API is itself; "" leaves it.
        name: the name of the new version.
        is_default: True if the new version becomes the default.
    """

    base_id: str
    base_name: str
    name: str
    is_default: bool

    @classmethod
    def read(cls, parameter: Callable[[str], str], loaded: LoadedApis) -> NewVersion:
        """The version that a request names.

        Raises:
            BadVersion: the other API is not loaded, or a name is missing.
        """
        base_id, name = parameter("base_api_id"), parameter("new_version_name")
        base_name = parameter("base_api_version_name")
        version = cls(base_id, base_name, name, parameter("set_default") == "true")
        if not base_id:
            return version
        if not name:
            raise BadVersion("The new version name is required", 422)
        base = loaded.by_id.get(base_id)
        if base is None:
            raise BadVersion(f"{base_id} is not a valid Base API version", 400)
        if not (base_name or base.fields["definition"]["name"]):
            raise BadVersion(f"you need to provide a version name for the new Base API: {base_id}", 400)
        return version

    def added_to(self, base: Api, api_id: str) -> Api:
        """The other API with the new one among its versions."""
        own = base.fields["definition"]
        return base.with_versions(
            {
                **own,
                "enabled": True,
                "name": self.base_name or own["name"],
                "default": self.name if self.is_default else own["default"] or SELF,
                "location": own["location"] or "header",
                "key": own["key"] or "x-api-version",
                "versions": {**(own["versions"] or {}), self.name: api_id},
            }
        )


def without(base: Api, api_id: str) -> Api:
    """An API without another one among its versions."""
    own = base.fields["definition"]
    gone = next((name for name, other in (own["versions"] or {}).items() if other == api_id), None)
    versions = {name: other for name, other in (own["versions"] or {}).items() if name != gone}
    default = own["name"] if own["default"] == gone else own["default"]
    return base.with_versions({**own, "versions": versions, "default": default})


def listed(
    loaded: LoadedApis, base: Api, *, text: str, access: str, self_is_default: bool
) -> list[Document] | None:
    """An API and its versions, sorted by name; None if there are none.

    With `text` only versions with this text in their names, in any case; with `access` only internal or
    external APIs. An API whose default is `self` is the default if `self_is_default`.
    Source: gateway/versions_handler.go:21 @v5.12.0.
    """
    own = base.fields["definition"]
    default = own["name"] if own["default"] == SELF and self_is_default else own["default"]
    members = sorted((own["versions"] or {}).items())
    rows = [(own["name"], base), *((name, loaded.by_id.get(api_id)) for name, api_id in members)]
    found = [
        {
            "id": api.id, "name": str(api.fields["name"]), "versionName": name,
            "internal": api.fields["internal"], "expirationDate": api.fields["expiration"],
            "isDefaultVersion": name == default,
        }
        for name, api in rows
        if api is not None
        and text.lower() in name.lower()
        and access != ("external" if api.fields["internal"] else "internal")
    ]  # fmt: skip
    return found or None
