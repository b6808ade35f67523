"""The page about tests with the mock: its examples pass, and its tables name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from serving import LEAN

from mockserver import MockGateway
from mockserver.service.expectations import Expectation
from mockserver.service.journal_entry import Entry

PAGE = (Path(__file__).parent.parent / "docs" / "testing.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_passes(pytester: pytest.Pytester, number: int) -> None:
    """Each example of the page is a module whose tests all pass."""
    pytester.makepyfile(EXAMPLES[number])
    outcomes = pytester.runpytest_subprocess(*LEAN).parseoutcomes()
    tests = EXAMPLES[number].count("def test_")
    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] >= tests > 0


@pytest.mark.parametrize(("table", "kind"), [("of `mock_gateway`", MockGateway), ("of an entry", Entry)])
def test_the_tables_name_members(table: str, kind: type) -> None:
    """Each member that a table of the page names is a public one of the class."""
    rows = re.search(rf"\| member {table} .*?\n\n", PAGE, re.DOTALL)
    assert rows is not None
    cells = [line.split("|")[1] for line in rows[0].splitlines()[2:] if line]
    names = {name for cell in cells for name in re.findall(r"`([a-z_]+)", cell)}
    with MockGateway() as gateway:
        known = {*dir(kind), *dir(gateway)} if kind is MockGateway else set(dir(kind))
    assert len(names) > 10
    assert names - known == set()


def test_the_message_of_the_page_is_the_one(gateway: MockGateway) -> None:
    """The message that the page shows is the one of `assert_requested`."""
    shown = re.search(r"```text\n(addPolicy.*?)\n```", PAGE, re.DOTALL)
    assert shown is not None
    gateway.client.post("/tyk/policies", json={"id": "gold", "rate": 5})
    with pytest.raises(AssertionError) as failure:
        Expectation("addPolicy", 1, {"rate": 6}).check(gateway.journal)
    assert str(failure.value) == shown[1]
