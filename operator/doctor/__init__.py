"""What is wrong, looked for from home outwards: one file per category, each a pure look at what was seen."""
