"""The CassandraCluster kind."""
