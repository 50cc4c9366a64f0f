"""The actions on a rack, one per file: each looks at a scene and answers with the next step, and nothing else."""
