"""The API: pydantic models of each kind, the names users meet, and the CRD manifests made from them."""
