"""Lint: what a gateway of one version will refuse, skip or silently read otherwise in files that are given to it."""
