"""The demonstration: a stage with real API servers, a play in acts, and the proof computed from what was recorded."""
