"""The pages of a mock for a browser: each shows what the mock's own API returns."""
