"""Placeholders: texts that stand for one that is still to be written."""

from __future__ import annotations

PLACEHOLDER = "say why, and who will fix it"  # of an entry that --write-baseline makes; no reason yet
_PLACEHOLDERS = {PLACEHOLDER, "todo", "tbd", "fixme", "xxx", "n/a", "none", "reason", "why", "?", "-", "..."}


def is_placeholder(text: str) -> bool:
    """True for a placeholder, in whatever case and with any white space."""
    return " ".join(text.split()).lower().rstrip(".:") in _PLACEHOLDERS
