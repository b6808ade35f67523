"""The head of an upstream's answer, and how its body is framed, as Go's http.Transport reads them.

What Go refuses is refused, so that no framing of an upstream reaches a client unread: an answer with two
lengths, with a length that is no number, or with another encoding than chunks could otherwise be read by
the client as two answers. Source: net/http, response.go and transfer.go; net/textproto, reader.go of Go 1.26.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

UNTIL_CLOSED = -1
CHUNKED = -2
_STATUS_LINE = re.compile(rb"HTTP/(\d)\.(\d) +([^ ]{3})(?: .*)?", re.DOTALL)
_STATUS = re.compile(rb"[0-9]{3}|\+[0-9]{2}|-00")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z -]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_LENGTH = re.compile(r"[0-9]{1,18}")
_NOT_IN_TRAILERS = {"transfer-encoding", "trailer", "content-length"}
BODILESS = (204, 304)  # statuses


class BadAnswer(Exception):
    """Go's client refuses what was received; the message says why, without any value of it."""


@dataclass(frozen=True)
class AnswerHead:
    """The head of an answer.

    Attributes:
        status: under 100 too, which Go's client takes.
        headers: names in Go's canonical form, in the order received; without Transfer-Encoding.
        length: of the body in bytes; UNTIL_CLOSED, CHUNKED.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    length: int

    def values(self, name: str) -> list[str]:
        """The values of a header, by its canonical name."""
        return values(self.headers, name)


def values(headers: tuple[tuple[str, str], ...], name: str) -> list[str]:
    """The values of a header, by its canonical name."""
    return [value for key, value in headers if key == name]


def parse_head(lines: list[bytes], method: str) -> AnswerHead:
    """Parse the lines of an answer's head, without their line ends, for a request with this method.

    Raises:
        BadAnswer: Go's client refuses the answer.
    """
    match = _STATUS_LINE.fullmatch(lines[0])
    if match is None or not _STATUS.fullmatch(match[3]):
        raise BadAnswer("the first line is no status line")
    is_1_1, status = (int(match[1]), int(match[2])) >= (1, 1), int(match[3])
    headers = tuple(parse_headers(lines[1:]))
    encodings = values(headers, "Transfer-Encoding") if is_1_1 else []
    if encodings and [encoding.lower() for encoding in encodings] != ["chunked"]:
        raise BadAnswer("its Transfer-Encoding is not chunked")
    length = _length(headers)
    has_body = method != "HEAD" and status not in BODILESS and status // 100 != 1
    if encodings and has_body:
        length = CHUNKED
    elif status == 101 and method != "HEAD":
        length = UNTIL_CLOSED  # what follows is of another protocol, which a gateway passes on
    elif not has_body:
        length = 0
    if encodings:
        _check_trailers(headers)
    dropped = {"Transfer-Encoding"} | ({"Content-Length"} if length == CHUNKED else set())
    if is_1_1 and any("close" in tokens(value) for value in values(headers, "Connection")):
        dropped.add("Connection")
    return AnswerHead(status, tuple(header for header in headers if header[0] not in dropped), length)


def parse_headers(lines: list[bytes]) -> list[tuple[str, str]]:
    """Parse header lines; a folded line continues the one before it.

    Raises:
        BadAnswer: a line has no colon, or a name or a value has a character that Go refuses.
    """
    unfolded: list[str] = []
    for line in lines:
        text = line.decode("latin-1")
        if text[:1] not in (" ", "\t"):
            unfolded.append(text.strip(" \t"))
        elif unfolded:
            unfolded[-1] += " " + text.strip(" \t")
        else:
            raise BadAnswer("the first header line is indented")
    headers = []
    for text in unfolded:
        name, colon, value = text.partition(":")
        if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise BadAnswer("a header line is malformed")
        headers.append((canonical(name), value.strip(" \t")))
    return headers


def _length(headers: tuple[tuple[str, str], ...]) -> int:
    """The declared length of a body; UNTIL_CLOSED if there is none.

    Raises:
        BadAnswer: two lengths differ, or one is not a number that a body may have.
    """
    lengths = set(values(headers, "Content-Length"))
    if not lengths:
        return UNTIL_CLOSED
    length = lengths.pop()
    if lengths or not _LENGTH.fullmatch(length):
        raise BadAnswer("its Content-Length is not one number")
    return int(length)


def _check_trailers(headers: tuple[tuple[str, str], ...]) -> None:
    if any(_NOT_IN_TRAILERS & tokens(value) for value in values(headers, "Trailer")):
        raise BadAnswer("it announces a trailer that would frame its body")


def tokens(value: str) -> set[str]:
    """The tokens of a list in a header, in lower case."""
    return {part.strip(" \t").lower() for part in value.split(",")}


def canonical(name: str) -> str:
    """The name of a header in Go's canonical form; one with a space stays as it is."""
    return name if " " in name else "-".join(part.capitalize() for part in name.split("-"))
