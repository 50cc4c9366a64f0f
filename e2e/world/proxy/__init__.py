"""The fault proxy: one per member, between an operator and its API servers, where requests and streams go wrong."""
