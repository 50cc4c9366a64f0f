"""Rules for manifests, checked offline: the operator's own validation, and advice."""
