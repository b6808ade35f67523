"""The type of a body whose sender told none, as net/http finds it out (net/http/sniff.go of Go 1.24)."""

from __future__ import annotations

import re

LOOKED_AT = 512  # bytes
_SPACE = rb"[\t\n\f\r ]*"
_TAGS = rb"!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|BODY|BR|B|P|!--"
_TYPES = (  # the first that fits
    (_SPACE + rb"<(?i:" + _TAGS + rb")[ >]", "text/html; charset=utf-8"),
    (_SPACE + rb"<\?xml", "text/xml; charset=utf-8"),
    (rb"%PDF-", "application/pdf"),
    (rb"%!PS-Adobe-", "application/postscript"),
    (rb"\xfe\xff..", "text/plain; charset=utf-16be"),
    (rb"\xff\xfe..", "text/plain; charset=utf-16le"),
    (rb"\xef\xbb\xbf.", "text/plain; charset=utf-8"),
    (rb"\0\0[\x01\x02]\0", "image/x-icon"),
    (rb"BM", "image/bmp"),
    (rb"GIF8[79]a", "image/gif"),
    (rb"RIFF....WEBPVP", "image/webp"),
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"FORM....AIFF", "audio/aiff"),
    (rb"ID3", "audio/mpeg"),
    (rb"OggS\0", "application/ogg"),
    (rb"MThd\0\0\0\x06", "audio/midi"),
    (rb"RIFF....AVI ", "video/avi"),
    (rb"RIFF....WAVE", "audio/wave"),
    (rb"....ftyp", "video/mp4"),
    (rb"\x1a\x45\xdf\xa3", "video/webm"),
    (rb".{34}LP", "application/vnd.ms-fontobject"),
    (rb"\0\x01\0\0", "font/ttf"),
    (rb"OTTO", "font/otf"),
    (rb"ttcf", "font/collection"),
    (rb"wOFF", "font/woff"),
    (rb"wOF2", "font/woff2"),
    (rb"\x1f\x8b\x08", "application/x-gzip"),
    (rb"PK\x03\x04", "application/zip"),
    (rb"Rar!\x1a\x07(\0|\x01\0)", "application/x-rar-compressed"),
    (rb"\0asm", "application/wasm"),
    (rb"[^\0-\x08\x0b\x0e-\x1a\x1c-\x1f]*\Z", "text/plain; charset=utf-8"),
)


def content_type(body: bytes) -> str:
    """What a header says of a body by its first bytes."""
    begin = body[:LOOKED_AT]
    for pattern, kind in _TYPES:
        if re.match(pattern, begin, re.DOTALL) and (kind != "video/mp4" or _is_mp4(begin)):
            return kind
    return "application/octet-stream"


def _is_mp4(begin: bytes) -> bool:
    """Whether its first box is whole and names mp4 among the brands, which stand behind a version."""
    size = int.from_bytes(begin[:4], "big")
    if len(begin) < max(size, 12) or size % 4:
        return False
    return b"mp4" in (begin[at : at + 3] for at in range(8, size, 4) if at != 12)
