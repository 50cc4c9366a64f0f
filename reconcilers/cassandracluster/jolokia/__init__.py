"""What a Cassandra node is asked, and told to do, through Jolokia."""
