"""The reasons why an operation on a Redis server failed, in the mock's own words.

The texts that a server sends are not shown: a server that knows no AUTH repeats its arguments in its error.
"""

from __future__ import annotations

import redis
from redis import exceptions

from mockserver.storage.bounded_connection import AnswerTooLarge

_REASONS: tuple[tuple[type[Exception], str], ...] = (  # the first that fits
    (AnswerTooLarge, "sends more than a mock takes; empty its database with FLUSHDB if no other needs it"),
    (exceptions.AuthenticationError, "refuses the user or the password; correct them in its URL"),
    (exceptions.AuthenticationWrongNumberOfArgsError, "knows no users; leave the user out of its URL"),
    (exceptions.NoPermissionError, "does not permit its user to do this; correct the rights of that user"),
    (exceptions.BusyLoadingError, "does not answer: it is loading its data; try again"),
    (exceptions.ReadOnlyError, "is a replica, which takes no writes; give the URL of the primary"),
    (exceptions.OutOfMemoryError, "is out of memory; raise its maxmemory"),
    (exceptions.TimeoutError, "does not answer in time; check that it is running"),
)
_CODES = {  # of errors for which the library has no class
    "WRONGTYPE": "holds another type under {key}, which no mock wrote; remove that key, or POST /_mock/reset",
    "MISCONF": "refuses writes, because it cannot save to its disk; correct its configuration",
    "DB": "has no database of this number; correct it in its URL",  # ERR DB index is out of range
}


def reason(error: Exception, key: str = "") -> str:
    """The reason and the next step, to follow the name of the store; `key` is what the operation used."""
    for kind, text in _REASONS:
        if isinstance(error, kind):
            return text
    if isinstance(error, redis.ResponseError):
        code = str(error).removeprefix("invalid ").partition(" ")[0]
        text = _CODES.get(code, "answers with an error; read its log")
        return text.format(key=key or "a name of the mock's")
    if isinstance(error, redis.ConnectionError):
        return f"does not answer: {error}; check that it is running"
    return f"does not answer as a Redis server does ({type(error).__name__}); correct its URL"
