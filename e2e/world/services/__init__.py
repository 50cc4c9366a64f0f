"""Programs beside the clusters."""
