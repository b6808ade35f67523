"""Recordings of real gateways: recording, reading and replaying them."""
