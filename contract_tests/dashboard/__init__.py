"""The contract suite of the Tyk Dashboard's policy API."""
