"""Measurements of the mock beside its peers (`make bench`), and tests of its robustness under load."""
