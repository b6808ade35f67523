"""A gateway as a data plane, which a control plane feeds by remote calls."""
