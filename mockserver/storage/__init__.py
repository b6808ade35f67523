"""Where written things are kept: files in a directory, memory, or a Redis."""
