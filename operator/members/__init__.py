"""Where the credentials of each member come from."""
