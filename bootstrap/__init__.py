"""What runs before Cassandra in its pods, and the scripts that it leaves there; an image of its own.

It stands alone: the image holds this folder, PyYAML and the agents, and nothing else of this project.
"""
