"""MDCB: the control plane from which data planes take their policies, APIs and keys by remote calls."""
