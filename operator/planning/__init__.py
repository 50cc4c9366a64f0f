"""What would be written where: read, compared with the operator's own decisions, and put in a form to be shown."""
