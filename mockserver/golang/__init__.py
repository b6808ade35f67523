"""Go's rules for JSON, types, URLs and content types; knows no gateway."""
