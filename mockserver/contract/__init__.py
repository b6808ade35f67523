"""The contents of spec/ for one API in one version."""
