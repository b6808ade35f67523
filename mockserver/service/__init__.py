"""The parts that all simulated APIs share: the registry of handlers, and the mock's instruments."""
