"""Lint: what a gateway of one version would refuse, skip or silently read otherwise in its files."""
