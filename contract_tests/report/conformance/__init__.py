"""The conformance report: what a vendor publishes of its product, and the check of such a file."""
