"""The registration of the Dashboard's handlers, with the checks that each of them shares."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar

from mockserver.dashboard.apis import Api
from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.listing import Paging
from mockserver.dashboard.ownership import NOT_OWNED
from mockserver.dashboard.replies import Refusal, error
from mockserver.dashboard.users import User
from mockserver.http.messages import Reply, Request
from mockserver.service import registry
from mockserver.service.registry import HandlerFunction, Waits, on_shared_storage

T = TypeVar("T")
SERVICE = "dashboard"
_register = registry.Handlers(SERVICE).handles


class Call(registry.Call[Dashboard]):
    """A request that reached an operation of the Dashboard."""

    @cached_property
    def user(self) -> User:
        """The user whose key the request bears; the guard has refused a request without one.

        Raises:
            Refusal: the user was removed since.
        """
        user = self.state.users.with_key(key_of(self.request))
        if user is None:
            raise Refusal("Not authorised", 401)
        return user


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
        def checked(bare: registry.Call[Dashboard]) -> Reply:
            call = Call(*bare)
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
    if not call.user.may(call.request.method, section):
        path = call.state.contract.operations[operation_id].path
        raise Refusal(f"access denied: You do not have permission to access  {path}", 403)


def api_of(call: Call, refusal: Refusal | type[Refusal]) -> Api:
    """The API that the path names, by either of its ids.

    Raises:
        Refusal: the given one, if the organisation has none; or others own it (401).
    """
    api = call.state.apis.find(call.user.org_id, call.params["apiId"])
    if api is None:
        raise refusal
    if not call.state.ownership.shows_api(call.user, api):
        raise NOT_OWNED
    return api


def page_of(call: Call, items: Sequence[T]) -> tuple[list[T], int]:
    """The items of the page that the request asks for, and the number of pages."""
    paging = paging_of(call)
    return paging.select(items), paging.pages(len(items))


def paging_of(call: Call) -> Paging:
    """The page that the request asks for."""
    return Paging.of(call.parameter("p"), call.state.config.page_size)


def key_of(request: Request) -> str:
    """The access key of a request: bare, or after "Bearer "."""
    value = request.header("authorization")
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value
