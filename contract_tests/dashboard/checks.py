"""Checks of the Dashboard's answers: its envelope, and policies in lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract_tests.engine.checks import Mismatch, first_difference, shorten
from contract_tests.engine.exchange import Exchange

UNAUTHORISED = (401, "Not authorised")


def expect_message(exchange: Exchange, status: int, message: str = "") -> None:
    """The answer has this status and the envelope of it, with this message if one is given.

    Raises:
        Mismatch: it has not.
    """
    word = "OK" if status < 300 else "Error"  # in this case of letters
    wanted = {"Status": word, **({"Message": message} if message else {})}
    document = exchange.document
    if exchange.status != status or first_difference(wanted, document):
        shown = ", ".join(f"{name} {value!r}" for name, value in wanted.items())
        members = wanted if exchange.status == status else None
        raise Mismatch(
            f"{status} with {shown}", f"{exchange.status} {exchange.text}", exchange, members=members
        )


def expect_members(exchange: Exchange, wanted: dict[str, Any]) -> None:
    """The answer is 200 with an object that has these members.

    Raises:
        Mismatch: it is not.
    """
    document = exchange.document
    difference = first_difference(wanted, document) if exchange.status == 200 else ""
    if exchange.status != 200 or difference:
        actual = difference or f"{exchange.status} {exchange.text}"
        raise Mismatch(f"200 with {wanted}", actual, exchange, members=wanted if difference else None)


def expect_rights_twice(exchange: Exchange, policy: Mapping[str, Any]) -> None:
    """The array of rights in a policy of the answer has the entries of its map, in any order.

    Raises:
        Mismatch: it has not.
    """
    rights, array = policy.get("access_rights"), policy.get("access_rights_array")
    entries = list(rights.values()) if isinstance(rights, dict) else []
    if not isinstance(array, list) or len(array) != len(entries) or any(one not in array for one in entries):
        expected = f"access_rights_array with {shorten(str(entries))}"
        members = {"access_rights_array": entries}
        raise Mismatch(expected, shorten(str(array)), exchange, members=members)


def expect_right(exchange: Exchange, api_id: str) -> None:
    """The policy of the answer has rights to this API, and names no other one.

    Raises:
        Mismatch: it has not.
    """
    rights, array = (exchange.document.get(member) for member in ("access_rights", "access_rights_array"))
    by_api = rights if isinstance(rights, dict) else {}
    entries = [*by_api.values(), *(array if isinstance(array, list) else ())]
    names = [entry.get("api_id") if isinstance(entry, dict) else None for entry in entries]
    if list(by_api) != [api_id] or any(name != api_id for name in names):
        raise Mismatch(
            f"access_rights with {api_id} alone",
            f"{exchange.status} {exchange.text}",
            exchange,
            members={"access_rights": {api_id: {"api_id": api_id}}},
        )


def listed(exchange: Exchange) -> list[dict[str, Any]]:
    """The policies of a list.

    Raises:
        Mismatch: the answer is not a list of policies.
    """
    data = exchange.document.get("Data")
    if (
        exchange.status != 200
        or not isinstance(data, list)
        or not all(isinstance(item, dict) for item in data)
    ):
        raise Mismatch(
            "200 with an array of policies in Data",
            f"{exchange.status} {exchange.text}",
            exchange,
            members={"Data": []} if exchange.status == 200 else None,
        )
    return data


def expect_found(exchange: Exchange, ids: list[str], others: list[str]) -> None:
    """The list has the policies with these database ids, in any order, and none of the others.

    Raises:
        Mismatch: it has not.
    """
    found = [policy.get("_id") for policy in listed(exchange)]
    if missing := [name for name in ids if name not in found]:
        raise Mismatch(f"a list with {', '.join(ids)}", f"a list without {', '.join(missing)}", exchange)
    if extra := [name for name in others if name in found]:
        raise Mismatch(f"a list without {', '.join(others)}", f"a list with {', '.join(extra)}", exchange)
