"""Measurements of the mock beside its peers; `make bench` runs them."""
