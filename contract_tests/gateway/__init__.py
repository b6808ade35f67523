"""Tests of the Tyk Gateway's API, one module for each subject."""
