"""The reading of YAML files: what they say, how a bad one is refused, and what one says of configurations."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mockserver.cli.running import ignored_lines
from mockserver.contract import member_tables
from mockserver.contract.spec_files import SpecError, load_yaml, spec_path

_GOOD = {
    "scalars": "a: [1, 2.5, null, ~, true, 2020-01-01, '3', 0x1f]",
    "keys that are not texts": "1: a\n2020-01-01: b\nnull: c",
    "a name twice": "a: 1\na: 2",
    "an alias": "a: &x {b: [1]}\nc: *x",
    "a merge": "- &x {a: 1, b: 2}\n- {<<: *x, b: 3}",
    "tags": "[!!int '3', !!str 4, !!set {a, b}, !!omap [a: 1], !!map {a: 1}]",
    "nothing": "",
}
_BAD = {
    "a list as a key": "? [a]\n: b",
    "a map as a key": "? {a: 1}\n: b",
    "a map that is called a text": "!!str {a: 1}",
    "a list that is called a map": "!!map [a]",
    "an unknown tag": "!x y",
    "a Python object": "!!python/object:os.stat_result {}",
    "an open bracket": "[[",
    "two documents": "--- a\n--- b",
    "too many levels": "[" * 990 + "]" * 990,
}


@pytest.mark.parametrize("text", _GOOD.values(), ids=_GOOD)
def test_a_file_has_the_values_that_the_library_reads(tmp_path: Path, text: str) -> None:
    """A file has the values, in their order, that PyYAML's safe loader reads from it."""
    path = tmp_path / "file.yaml"
    path.write_text(text)
    assert repr(load_yaml(path)) == repr(yaml.safe_load(text))


def test_an_alias_is_the_same_value(tmp_path: Path) -> None:
    """An alias names the very value that has the anchor, also one that holds itself."""
    path = tmp_path / "file.yaml"
    path.write_text("a: &x [*x]\nb: *x")
    document = load_yaml(path)
    assert document["a"] is document["b"]
    assert document["a"][0] is document["a"]


@pytest.mark.parametrize("text", _BAD.values(), ids=_BAD)
def test_a_bad_file_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    """A file that is no safe YAML is refused with its name and what to do."""
    path = tmp_path / "file.yaml"
    path.write_text(text)
    with pytest.raises(SpecError, match=r"file\.yaml: .*correct the file"):
        load_yaml(path)


@pytest.mark.parametrize(
    ("service", "table"),
    [("gateway", member_tables.CONFIG_KEYS), ("dashboard", member_tables.DASHBOARD_KEYS)],
)
def test_each_unseen_key_is_one_of_its_product(service: str, table: str) -> None:
    """Each key on which no answer depends is a key of that product's configuration file."""
    known = set(member_tables.load(table).kinds)
    assert set(load_yaml(spec_path(member_tables.UNSEEN_KEYS))[service]) <= known


def test_ignored_keys_that_may_matter_come_first() -> None:
    """The keys by which a real gateway may answer otherwise have a line before those that no answer shows."""
    lines = ignored_lines(Path("tyk.conf"), ["storage.host", "storages", "middleware_path", "log_level"])
    assert lines == [
        "tyk.conf: the mock ignores middleware_path, storages, by which a real gateway may answer otherwise",
        "tyk.conf: the mock ignores log_level, storage.host, on which no answer depends",
    ]
    assert ignored_lines(Path("tyk.conf"), []) == []
