"""A Developer Portal: products, plans and credentials, which are policies and keys of the Dashboard."""
