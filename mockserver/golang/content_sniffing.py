"""Content sniffing: the Content-Type of a body sent without one (net/http/sniff.go of Go 1.24)."""

from __future__ import annotations

import re

SNIFFED = 512  # bytes at the beginning of a body
_SPACE = rb"[\t\n\f\r ]*"
_TAGS = rb"!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|BODY|BR|B|P|!--"
_TYPES = (  # the first match decides
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
    """The Content-Type that net/http derives from the first 512 bytes of a body."""
    start = body[:SNIFFED]
    for pattern, kind in _TYPES:
        if re.match(pattern, start, re.DOTALL) and (kind != "video/mp4" or _is_mp4(start)):
            return kind
    return "application/octet-stream"


def _is_mp4(start: bytes) -> bool:
    """True if the first box is complete and its brands, other than the version at byte 12, include mp4."""
    size = int.from_bytes(start[:4], "big")
    if len(start) < max(size, 12) or size % 4:
        return False
    return b"mp4" in (start[offset : offset + 3] for offset in range(8, size, 4) if offset != 12)
