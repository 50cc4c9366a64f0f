"""The campaign: the same workload undisturbed and disturbed, and what must be equal in both."""
