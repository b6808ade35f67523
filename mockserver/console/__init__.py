"""The console of a command: what it prints, and the credentials that it is given."""
