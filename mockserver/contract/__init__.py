"""The specification of an API in one version, read from spec/."""
