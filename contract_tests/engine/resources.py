"""Resources: the kinds of things that a service keeps, as rows of a table that safety and clean-up read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote

from mockserver.contract.openapi import Contract
from mockserver.golang import json_reader

Get = Callable[[str], Any]  # the JSON that a GET of a target is answered with; None if its status is not 200


@dataclass(frozen=True)
class Write:
    """A request that may change a resource.

    Attributes:
        method: any but those that only read: POST, PUT, DELETE, PATCH.
        path: the path below the resource's prefix, unescaped, without slashes at its ends.
        query: the query of the target, escaped.
        contract: the contract of the service.
    """

    method: str
    path: str
    query: str
    body: bytes
    contract: Contract

    def texts(self, name: str) -> list[str]:
        """The texts under a name in the body and the query, as any server may read them; "" excepted.

        Args:
            name: the name of a member, a form's field or a parameter, in any case; dots lead into objects,
                also those in lists.
        """
        path = name.lower().split(".")
        in_json = (text for node in self._documents for text in _texts_at(node, path))
        in_forms = (text for field, text in self._fields if field.lower() == path[-1])
        return [text for text in (*in_json, *in_forms) if text]

    @property
    def is_object(self) -> bool:
        """True if the body begins with a JSON object."""
        return isinstance(self._document, json_reader.Object)

    @property
    def _document(self) -> Any:
        return _first_value(self.body)

    @property
    def _documents(self) -> list[Any]:
        is_list = isinstance(self._document, list) and not self.is_object
        return self._document if is_list else [self._document]

    @cached_property
    def _fields(self) -> list[tuple[str, str]]:
        """The parameters of the query, and the fields of the body if it is a form."""
        texts = [self.query]
        if not self.body.lstrip().startswith((b"{", b"[")):
            texts.append(self.body.decode("latin-1"))
        separated = "&".join(texts).replace(";", "&")  # as older servers do
        return parse_qsl(separated, keep_blank_values=True, encoding="latin-1")


def quoted(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="", errors="surrogatepass")  # a hostile list may have them


def name_in(target: str) -> str:
    """The name in the target of a DELETE, quoted; one thing may have several such targets."""
    return target.rpartition("/")[2]


@lru_cache(8)  # each form of a request's path makes a Write of its body
def _first_value(body: bytes) -> Any:
    """The first JSON value of a body, which some operations take whatever follows it; else None."""
    try:
        return json_reader.read(body)[0]
    except json_reader.JSONSyntaxError:
        return None


def _texts_at(node: Any, path: list[str]) -> Iterator[str]:
    """The texts at a path of names, of all members whose names are equal but for their case, in lists too."""
    if not path:
        if isinstance(node, str) and not isinstance(node, json_reader.Number):
            yield node
    elif isinstance(node, json_reader.Object):
        for name, child in node:
            if name.lower() == path[0]:
                yield from _texts_at(child, path[1:])
    elif isinstance(node, list):
        for item in node:
            yield from _texts_at(item, path)


def _path_alone(write: Write) -> Iterable[str]:
    return [write.path] if write.path else []


def nothing(*_: object) -> tuple[()]:
    """No names, for a row of the table whose paths keep nothing."""
    return ()


def _key_of_answer(_: Write, answer: Any) -> str:
    return str(answer.get("key") or "") if isinstance(answer, dict) and "action" in answer else ""


def _below_prefix(prefix: str, name: str, run: str) -> str:
    return f"{prefix}/{quoted(name)}"


@dataclass(frozen=True)
class Resource:
    """A kind of thing that a service keeps, or paths that keep nothing.

    Attributes:
        kind: its name in messages and reports: "policy".
        prefix: the beginning of its paths: "/tyk/policies"; for a path the row with the longest counts.
        named_by: members of bodies, fields of forms and parameters of queries that name things of the
            service, with dots into objects: "proxy.listen_path"; each must be of the run or "".
        names_of: the other names in a write, by default the path; each must be of the run.
        ids_of: the ids of the things that a write may make.
        bases_of: the ids of things that others are made from, which are written again as those are removed.
        refusal: the reason why a write is unsafe whatever it names; "" if it is not.
        name_in_answer: the name in the answer to a POST, which the service may have chosen; "" if none.
        delete_target: the target of a DELETE, from the prefix of paths, the id and the run's prefix.
        listed: the ids that the service lists, whoever wrote them.
        shown: as `listed`, each with the name that tells whose the thing is; None if that is the id itself.
        shown_within: the member that has the thing in the answer to a GET of it; "" for the answer itself.
        loaded_by_reload: True if a write shows after a reload only. Such resources are removed last.
        group: beginning of the paths that a service offers together or not at all; "" for the prefix.
        is_optional: True if a service may lack the group as a whole.
        is_slow: True if `--quick` leaves out the tests of the group.
    """

    kind: str
    prefix: str
    named_by: tuple[str, ...] = ()
    names_of: Callable[[Write], Iterable[str]] = _path_alone
    ids_of: Callable[[Write], Iterable[str]] = _path_alone
    bases_of: Callable[[Write], Iterable[str]] = nothing
    refusal: Callable[[Write], str] = lambda _: ""
    name_in_answer: Callable[[Write, Any], str] = _key_of_answer
    delete_target: Callable[[str, str, str], str] = _below_prefix
    listed: Callable[[Get], Iterable[str]] = nothing
    shown: Callable[[Get], Iterable[tuple[str, str]]] | None = None
    shown_within: str = ""
    loaded_by_reload: bool = False
    group: str = ""
    is_optional: bool = True
    is_slow: bool = False

    @property
    def paths(self) -> str:
        """The beginning of the paths of its group."""
        return self.group or self.prefix

    def has(self, path: str) -> bool:
        """True if a path is its prefix or below it."""
        return path == self.prefix or path.startswith(f"{self.prefix}/")

    def things(self, get: Get) -> Iterable[tuple[str, str]]:
        """The ids that the service lists, each with the name that tells whose the thing is."""
        return self.shown(get) if self.shown else ((name, name) for name in self.listed(get))

    def thing_in(self, answer: Any) -> Any:
        """The thing in the answer to a GET of it."""
        within = self.shown_within
        return answer.get(within) if within and isinstance(answer, dict) else answer

    def target(self, name: str, run: str) -> str:
        """The target of the DELETE that removes an id of a run."""
        return self.delete_target(self.prefix, name, run)
