"""From the Go MultiCassKop to this operator: what would differ, and the taking over of its children."""
