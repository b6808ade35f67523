"""The addresses of evidence as links: the vendor's public repositories, at a tag or commit and a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

HOST = "https://github.com/TykTechnologies"
_DOCS = "95922c952"


class Place(NamedTuple):
    """What an abbreviation stands for: a repository at a tag or commit, and a file of it if it means one."""

    repository: str
    ref: str
    file: str = ""


PLACES = {  # as at the head of spec/dashboard/behaviours.yaml; pages without an address there have no link
    "SW": Place("tyk-docs", _DOCS, "swagger/dashboard-swagger.yml"),
    "ASW": Place("tyk-docs", _DOCS, "swagger/dashboard-admin-swagger.yml"),
    "RN": Place("tyk-docs", _DOCS, "developer-support/release-notes/dashboard.mdx"),
    "DOC": Place("tyk-docs", _DOCS),
    "SYNC": Place("tyk-sync", "v1.5.0"),
    "OP": Place("tyk-operator", "v0.18.0"),
    "STEST": Place("tyk-sync-tests", "4abc25d"),
    "UIT": Place("tyk-analytics-tests", "bc124a6"),
    "DEMO": Place("tyk-demo", "32b9a882"),
    "SDK": Place("dashboard-sdk", "f770cf7"),
    "CLI": Place("tyk-cli", "0d88b17d"),
    "GW": Place("tyk", "v5.14.0"),
    "BOOT": Place("tyk-k8s-bootstrap", "5fe65db"),
    "PRO": Place("tyk-pro", "cdf4986"),
}
_TOKEN = re.compile(
    rf"\b(?P<place>{'|'.join(sorted(PLACES, key=len, reverse=True))})\b"
    r"|@(?P<ref>v\d[\d.]*\d|[0-9a-f]{7,})"
    r"|(?P<path>[\w.-]+(?:/[\w.-]+)+\.[a-z]+|[\w-]+\.mdx)(?::(?P<line>\d+)(?:-(?P<end>\d+))?)?"
    r"|(?P<name>[\w-]+\.[a-z][\w.]*)(?::\d+(?:-\d+)?)?"
    r"|(?<![\w.]):?(?P<next>\d+)(?:-(?P<last>\d+))?(?![\w.])"
)
_ABBREVIATION = re.compile(rf"\b(?:{'|'.join(PLACES)})\b")


class Segment(NamedTuple):
    """A part of the text of a source, and the link of that part; "" for none."""

    text: str
    url: str = ""


def segments(source: str) -> list[Segment]:
    """The text of a source in parts, of which those that the public can read have links.

    The texts of the parts together are the source. A path without a folder, a recording, and a file of Go's
    own library have no link.
    """
    pieces = re.split(r"(;)", source)
    return [part for piece in pieces for part in _of_piece(piece) if part.text]


def urls(source: str) -> list[str]:
    """The links of a source, in their order."""
    return [part.url for part in segments(source) if part.url]


def _start(piece: str) -> Place | None:
    """The place that the first path of a piece is in: the gateway's source, if its tag follows."""
    tag = re.search(r"@(v\d[\d.]*\d)", piece)
    return Place("tyk", tag[1]) if tag and not _ABBREVIATION.search(piece) else None


def _of_piece(piece: str) -> Iterator[Segment]:
    done, path, place = 0, "", _start(piece)
    for match in _TOKEN.finditer(piece):
        url = ""
        if match["place"]:
            place, path = PLACES[match["place"]], ""
            url = _blob(place, place.file) if place.file else f"{HOST}/{place.repository}/tree/{place.ref}"
        elif place is None or piece[: match.start()].rstrip().endswith(("step", "steps")):
            continue
        elif match["ref"]:
            place = place._replace(ref=match["ref"])
        elif match["name"]:  # a file whose folder is not told
            path = ""
        elif match["path"]:
            path = match["path"]
            url = _blob(place, path, match["line"], match["end"])
        elif file := path or place.file:
            url = _blob(place, file, match["next"], match["last"])
        if url:
            yield Segment(piece[done : match.start()])
            yield Segment(match[0], url)
            done = match.end()
    yield Segment(piece[done:])


def _blob(place: Place, path: str, line: str | None = None, end: str | None = None) -> str:
    lines = (f"#L{line}" if line else "") + (f"-L{end}" if end else "")
    return f"{HOST}/{place.repository}/blob/{place.ref}/{path}{lines}"
