"""The registration of the Dashboard's handlers, with the checks that each of them shares."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.listing import Paging
from mockserver.dashboard.replies import Refusal, error
from mockserver.dashboard.users import User
from mockserver.http.messages import Reply, Request
from mockserver.service import registry
from mockserver.service.registry import HandlerFunction, Waits, on_shared_storage

T = TypeVar("T")
SERVICE = "dashboard"
Call: TypeAlias = registry.Call[Dashboard]
_register = registry.Handlers(SERVICE).handles


def handles(
    operation_id: str, section: str = "", *, waits: Waits = on_shared_storage
) -> Callable[[HandlerFunction], HandlerFunction]:
    """Decorate the function that answers an operation, to register it.

    A Refusal that the function raises becomes the reply. If there is a `section`, the permissions of the user
    are checked for it first.
    """

    def decorate(answer: HandlerFunction) -> HandlerFunction:
        @_register(operation_id, waits=waits)
        @functools.wraps(answer)
        def checked(call: Call) -> Reply:
            try:
                if section:
                    _check_permission(call, operation_id, section)
                return answer(call)
            except Refusal as refusal:
                return error(refusal.message, refusal.status)

        return answer

    return decorate


def _check_permission(call: Call, operation_id: str, section: str) -> None:
    """Source of the text: SW 7705, with the template of the path.

    Raises:
        Refusal: the user may not do this in the section, or was removed since.
    """
    if not user_of(call).may(call.request.method, section):
        path = call.state.contract.operations[operation_id].path
        raise Refusal(f"access denied: You do not have permission to access  {path}", 403)


def user_of(call: Call) -> User:
    """The user whose key the request bears; the guard has refused a request without one.

    Raises:
        Refusal: the user was removed since.
    """
    user = call.state.users.with_key(key_of(call.request))
    if user is None:
        raise Refusal("Not authorised", 401)
    return user


def page_of(call: Call, items: Sequence[T]) -> tuple[list[T], int]:
    """The items of the page that the request asks for, and the number of pages."""
    paging = Paging.of(call.parameter("p"), call.state.config.page_size)
    return paging.select(items), paging.pages(len(items))


def key_of(request: Request) -> str:
    """The access key of a request: bare, or after "Bearer "."""
    value = request.header("authorization")
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value
