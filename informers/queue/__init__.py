"""The rate-limited, deduplicating work queue, in layers that are each usable alone."""
