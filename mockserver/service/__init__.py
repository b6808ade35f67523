"""The parts that every simulated API shares: its operations' handlers, and the mock's instruments."""
