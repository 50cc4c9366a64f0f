"""The controller loop and what every reconciler needs; one package per kind under it."""
