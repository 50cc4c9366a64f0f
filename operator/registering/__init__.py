"""Bringing a member in and out from the command line: an account there, its Secret in home."""
