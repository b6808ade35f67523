"""Recordings of real gateways: made, read and replayed."""
