"""The mock's own pages: their templates, their assets, and the headers that confine them."""
