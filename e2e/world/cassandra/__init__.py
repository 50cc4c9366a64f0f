"""Simulated Cassandra: nodes that form rings and answer as the Jolokia in real ones does, and the pods around them."""
