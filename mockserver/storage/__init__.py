"""Storage of policies, API definitions and other state: in files, in memory, or in Redis."""
