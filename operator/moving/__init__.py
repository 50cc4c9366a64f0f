"""A new home takes over the children of a home that is lost, on a person's word."""
