"""One simulated Dashboard: its policies, APIs, users and organisations."""
