"""The generated CRD manifests, as package data."""
