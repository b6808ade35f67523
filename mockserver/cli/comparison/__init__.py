"""The comparison of two reports of the suite, or of two live services."""
