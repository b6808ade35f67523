"""Go's rules for JSON, types, URLs and content types, independent of any gateway."""
