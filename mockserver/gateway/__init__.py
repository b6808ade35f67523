"""State and rules of one simulated Tyk Gateway."""
