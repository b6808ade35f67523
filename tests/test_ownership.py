"""What the suite calls its own."""

from __future__ import annotations

from contract_tests.engine.ownership import Ownership
from mockserver.contract.openapi import Contract
from mockserver.contract.policy_codec import PolicyCodec
from mockserver.contract.spec_files import default_version


def test_no_two_ids_are_the_same() -> None:
    """Whatever is asked to stand at their ends."""
    own = Ownership(PolicyCodec.of(Contract.load(default_version())))
    made = [own.new_id(suffix) for suffix in ("", "1", "11", "7x", "-1", "_1", ".") for _ in range(120)]
    assert len(set(made)) == len(made)
    assert all(own.owns(name) for name in made)
