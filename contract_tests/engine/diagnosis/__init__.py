"""Diagnosis: the causes of a run's failures, found in its exchanges and by a few more requests."""
