"""GET /api/portal/policies and /api/portal/policies/search."""

from __future__ import annotations

import pytest

from contract_tests.dashboard.checks import expect_found, expect_message, listed
from contract_tests.dashboard.client import Dashboard
from contract_tests.dashboard.resources import POLICIES
from contract_tests.dashboard.samples import right
from contract_tests.engine.checks import TWICE, Mismatch
from contract_tests.engine.declaration import ALONE, NotApplicable, behaviour
from contract_tests.engine.exchange import Exchange

MORE_THAN_A_PAGE = 12  # policies; page_size is 10 unless a Dashboard is set up otherwise
MOST_PAGES = 50


@behaviour("list-is-an-array", reads_only=True)
def test_a_list_is_an_array(dashboard: Dashboard) -> None:
    """A list has an array in Data, also beyond the last page and where nothing is found."""
    listed(dashboard.list())
    if found := listed(dashboard.search(q=dashboard.new_id("nothing"))):
        raise Mismatch("an empty array in Data", str(found), dashboard.exchanges[-1])


@behaviour("list-has-pages", reads_only=True, phase=ALONE)
def test_the_first_page_is_the_default(dashboard: Dashboard) -> None:
    """A list without p is that of the first page, and Pages is at least 1."""
    for _ in TWICE:  # somebody else may change the list between two requests
        exchange, first = dashboard.list(), dashboard.list(p="1")
        pages = exchange.document.get("Pages")
        if not isinstance(pages, int) or pages < 1:
            raise Mismatch("Pages, at least 1", f"{pages}", exchange)
        if _ids(exchange) == _ids(first):
            return
    raise Mismatch("the list of ?p=1", "another list", exchange)


@behaviour("list-has-pages")
def test_few_policies_are_on_one_page(dashboard: Dashboard) -> None:
    """Pages is 1 where one policy is found, and where none is."""
    name = dashboard.new_id("one")
    none = dashboard.search(q=name)
    dashboard.create(name=name)
    for exchange in (none, dashboard.search(q=name)):
        if exchange.document.get("Pages") != 1:
            raise Mismatch("Pages 1", f"Pages {exchange.document.get('Pages')}", exchange)


@behaviour("list-has-pages", phase=ALONE)
def test_all_pages_have_all_policies(dashboard: Dashboard) -> None:
    """The pages together have each policy once, also where there are more than one."""
    ids = [dashboard.create() for _ in range(MORE_THAN_A_PAGE)]
    found = _on_all_pages(dashboard)
    if {found.count(name) for name in ids} != {1}:
        found = _on_all_pages(dashboard)  # somebody else may have changed the list meanwhile
    for name in ids:
        if found.count(name) != 1:
            raise Mismatch(f"{name} once on all pages", f"{found.count(name)} times", dashboard.exchanges[-1])
    for name in ids:
        dashboard.delete(name)


def _on_all_pages(dashboard: Dashboard) -> list[object]:
    """The database ids on all pages.

    Raises:
        NotApplicable: there are too many pages to read them all.
    """
    pages = dashboard.list().document.get("Pages")
    if not isinstance(pages, int) or pages > MOST_PAGES:
        raise NotApplicable(f"there are {pages} pages of policies, and the test reads {MOST_PAGES}")
    return [name for page in range(1, pages + 1) for name in _ids(dashboard.list(p=str(page)))]


def _ids(exchange: Exchange) -> list[object]:
    """The database ids in a list, in its order."""
    return [policy.get("_id") for policy in listed(exchange)]


@pytest.mark.parametrize("page", ["-1", "-2"])
@behaviour("negative-page-lists-all")
def test_a_negative_page_lists_all(dashboard: Dashboard, page: str) -> None:
    """A negative p lists more policies than a page has."""
    word = dashboard.new_id("many")
    ids = [dashboard.create(name=f"{word} {number}") for number in range(MORE_THAN_A_PAGE)]
    expect_found(dashboard.list(p=page), ids, [])
    expect_found(dashboard.search(q=word, p=page), ids, [])
    for name in ids:
        dashboard.delete(name)


@behaviour("all-pages-are-minus-one", reads_only=True)
def test_pages_of_all(dashboard: Dashboard) -> None:
    """Pages of a list of all policies is -1."""
    exchange = dashboard.list(p="-1")
    if exchange.document.get("Pages") != -1:
        raise Mismatch("Pages -1", f"Pages {exchange.document.get('Pages')}", exchange)


@behaviour("active-leaves-active-ones")
def test_active_leaves_active_policies(dashboard: Dashboard) -> None:
    """Any value of active leaves out policies that are not active."""
    active, draft = dashboard.create(active=True), dashboard.create(active=False)
    for value in ("true", "x"):
        expect_found(dashboard.list(p="-1", active=value), [active], [draft])
        expect_found(dashboard.search(p="-1", active=value), [active], [draft])


@behaviour("list-is-by-creation")
def test_a_list_is_by_creation(dashboard: Dashboard) -> None:
    """Policies are listed in the order of their creation."""
    ids = [dashboard.create() for _ in range(3)]
    exchange = dashboard.list(p="-1")
    found = [name for name in _ids(exchange) if name in ids]
    if found != ids:
        raise Mismatch(f"the order {ids}", f"{found}", exchange)


@behaviour("search-finds-part-of-name")
def test_a_search_finds_a_part_of_a_name(dashboard: Dashboard) -> None:
    """A search for a part of a name finds the policies that have it, with spaces too."""
    word = dashboard.new_id("word")
    first, second = dashboard.create(name=f"{word} one"), dashboard.create(name=f"{word} two")
    other = dashboard.create()
    expect_found(dashboard.search(q=word), [first, second], [other])
    for query in (f"{word}+one", f"{word}%20one"):
        expect_found(dashboard.send("GET", f"{POLICIES}/search?q={query}"), [first], [second, other])


@behaviour("search-finds-object-id")
def test_a_search_finds_an_object_id(dashboard: Dashboard) -> None:
    """A search for a database id finds that policy alone."""
    object_id, other = dashboard.create(), dashboard.create()
    exchange = dashboard.search(q=object_id)
    expect_found(exchange, [object_id], [other])
    if len(listed(exchange)) != 1:
        raise Mismatch("one policy", f"{len(listed(exchange))} policies", exchange)


@behaviour("exact-name-comes-first")
def test_an_exact_name_comes_first(dashboard: Dashboard) -> None:
    """A policy whose name is the text comes before one whose name contains it."""
    name = dashboard.new_id()
    dashboard.create(name=f"{name} longer")
    exact = dashboard.create(name=name)
    exchange = dashboard.search(q=name)
    if _ids(exchange)[:1] != [exact]:
        raise Mismatch(f"{exact} first", exchange.text, exchange)


@pytest.mark.parametrize("state", ["active", "draft", "deny"])
@behaviour("search-by-state")
def test_a_search_by_state(dashboard: Dashboard, state: str) -> None:
    """A search for a state finds the policies in that state alone."""
    ids = {name: dashboard.create(state=name) for name in ("active", "draft", "deny")}
    others = [object_id for name, object_id in ids.items() if name != state]
    expect_found(dashboard.search(state=state, p="-1"), [ids[state]], others)


@behaviour("search-by-state")
def test_criteria_are_combined(dashboard: Dashboard) -> None:
    """A search for a text and a state finds the policies that fit both."""
    word = dashboard.new_id("both")
    wanted = dashboard.create(name=f"{word} a", state="deny")
    others = [dashboard.create(name=f"{word} b", state="active"), dashboard.create(state="deny")]
    expect_found(dashboard.search(q=word, state="deny"), [wanted], others)


@behaviour("search-by-api")
def test_a_search_by_api(dashboard: Dashboard) -> None:
    """A search for ids of APIs finds the policies that grant any of them."""
    apis = [dashboard.new_id(), dashboard.new_id()]
    ids = [dashboard.create(access_rights={name: right(name)}) for name in apis]
    other = dashboard.create(access_rights={f"{apis[0]}-more": right(f"{apis[0]}-more")})
    expect_found(dashboard.search(api_id=apis[0], p="-1"), ids[:1], [ids[1], other])
    expect_found(dashboard.search(api_id=",".join(apis), p="-1"), ids, [other])


@behaviour("search-ids-must-be-hex", reads_only=True)
def test_ids_of_a_search_must_be_hex(dashboard: Dashboard) -> None:
    """A search by ids one of which is not in hex answers 400."""
    for ids in ("not-hex", f"{dashboard.ownership.new_object_id()},not-hex"):
        expect_message(dashboard.search(policy_ids=ids), 400, "Policy ID is not in hex format.")


@behaviour("search-finds-object-id")
def test_a_search_by_several_ids(dashboard: Dashboard) -> None:
    """A search by policy_ids finds these policies, whatever id q names, and none where none has the id."""
    first, second, other = dashboard.create(), dashboard.create(), dashboard.create()
    expect_found(dashboard.search(policy_ids=f"{first},{second}", q=other), [first, second], [other])
    exchange = dashboard.search(policy_ids=dashboard.ownership.new_object_id(), p="-1")
    if exchange.status != 404:  # as a Dashboard may answer that finds none (SW 8138)
        expect_found(exchange, [], [first, second, other])


@behaviour("search-is-sorted")
def test_a_search_is_sorted(dashboard: Dashboard) -> None:
    """The parameter sort orders what is found by the name, ascending."""
    word = dashboard.new_id("sort")
    ids = {name: dashboard.create(name=f"{word} {name}") for name in ("b", "a", "c")}
    exchange = dashboard.search(q=word, sort="name")
    if _ids(exchange) != [ids[name] for name in "abc"]:
        raise Mismatch("the order a, b, c", exchange.text, exchange)


@behaviour("search-is-sorted")
def test_a_search_is_sorted_by_state(dashboard: Dashboard) -> None:
    """The parameter sort orders what is found by the state, ascending."""
    word = dashboard.new_id("sort")
    ids = {name: dashboard.create(name=f"{word} {name}", state=name) for name in ("draft", "active", "deny")}
    exchange = dashboard.search(q=word, sort="state")
    if _ids(exchange) != [ids[name] for name in ("active", "deny", "draft")]:
        raise Mismatch("the order active, deny, draft", exchange.text, exchange)
