"""Tier kind: clusters of containers, and the images that run in them."""
