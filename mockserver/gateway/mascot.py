"""The drawing in the `X-Mascot` headers of the first probe; a gateway has another of as many lines."""

from __future__ import annotations

_WIDTH, _HEIGHT = 40, 21
_SIDE = f".  │{' ' * _WIDTH}│"
_LINES = ("", f".  ┌{'─' * _WIDTH}┐", *[_SIDE] * _HEIGHT, f".  └{'─' * _WIDTH}┘", "")
DRAWING = tuple(line.encode().decode("latin-1") for line in _LINES)  # UTF-8, which clients must take
