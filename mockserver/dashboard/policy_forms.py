"""The forms in which policies are read and written: that of today, and that of the documents of 2017.

Source of the second: S003 and S004; by April 2020 at the latest real Dashboards answered in the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mockserver.contract.codecs import Codec
from mockserver.dashboard.records import MAX_LEVELS, Document
from mockserver.dashboard.replies import ok, refusal
from mockserver.golang import json_reader
from mockserver.golang.json_reader import JSONSyntaxError, Object
from mockserver.golang.json_size import is_deeper
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

STYLES = ("", "2017")
MALFORMED = refusal("Request body malformed.", 403)
_MEMBERS_OF_2017 = (
    "_id", "access_rights", "active", "date_created", "hmac_enabled", "is_inactive", "key_expires_in", "name",
    "org_id", "per", "quota_max", "quota_renewal_rate", "rate", "tags",
)  # fmt: skip
_RIGHTS = ("access_rights", "access_rights_array")
NAMES_OF_TODAY = {"apiid": "api_id", "apiname": "api_name"}


class Form:
    """Policies as exports of real Dashboards have them; `apiid` and `apiname` are read too (S004)."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def decode(self, body: bytes) -> Document:
        """The policy in a body.

        Raises:
            Refusal: the body cannot be decoded as a policy.
        """
        try:
            node, _ = json_reader.read(body)
        except JSONSyntaxError:
            raise MALFORMED from None
        policy = self.of_node(node)
        if policy is None:
            raise MALFORMED
        return policy

    def of_node(self, node: Any) -> Document | None:
        """The policy in a value that was read from JSON; None if it is none, or deeper than a store takes."""
        policy, reasons = self.codec.decode_node(_with_names_of_today(node))
        return None if reasons or is_deeper(policy, MAX_LEVELS) else policy

    def document(self, policy: Document) -> Any:
        """A policy in an answer."""
        return self.codec.type.output(policy)

    def listing(self, policies: Iterable[Document], pages: int) -> Reply:
        """The answer with a page of policies."""
        return json_reply({"Data": [self.document(policy) for policy in policies], "Pages": pages})

    def created(self, object_id: str) -> Reply:
        """The answer to a create."""
        return ok(object_id)

    def updated(self) -> Reply:
        """The answer to an update."""
        return ok("Data updated")


class FormOf2017(Form):
    """Policies with fewer members, in alphabetical order, and with `apiid` and `apiname` in their rights.

    `Pages` is 0, and `Meta` is a text in the answers to writes.
    """

    def document(self, policy: Document) -> Any:
        whole = self.codec.type.output(policy)
        rights = {name: _right_of_2017(right) for name, right in whole["access_rights"].items()}
        return {**{name: whole[name] for name in _MEMBERS_OF_2017}, "access_rights": rights}

    def listing(self, policies: Iterable[Document], pages: int) -> Reply:
        return super().listing(policies, 0)

    def created(self, object_id: str) -> Reply:
        return ok(object_id, "null")

    def updated(self) -> Reply:
        return ok("Data updated", "")


def form_of(style: str, codec: Codec) -> Form:
    """The form of a style, one of `STYLES`.

    Raises:
        ValueError: there is no such style.
    """
    if style not in STYLES:
        raise ValueError(f"{style!r} is not a style of policies; give 2017, or leave it out")
    return FormOf2017(codec) if style else Form(codec)


def _right_of_2017(right: Document) -> Document:
    return {
        "allowed_urls": right["allowed_urls"],
        "apiid": right["api_id"],
        "apiname": right["api_name"],
        "versions": right["versions"],
    }


def _with_names_of_today(node: Any) -> Any:
    """A policy whose rights name their APIs by `api_id` and `api_name`."""
    return _mapped(node, lambda name, value: (name, _renamed(value) if name in _RIGHTS else value))


def _renamed(rights: Any) -> Any:
    if isinstance(rights, Object):
        return _mapped(rights, lambda api_id, right: (api_id, _renamed_right(right)))
    return [_renamed_right(right) for right in rights] if isinstance(rights, list) else rights


def _renamed_right(right: Any) -> Any:
    return _mapped(right, lambda name, value: (NAMES_OF_TODAY.get(name, name), value))


def _mapped(node: Any, member: Callable[[str, Any], tuple[str, Any]]) -> Any:
    """An object with other members; any other value is left as it is."""
    return Object(member(name, value) for name, value in node) if isinstance(node, Object) else node
