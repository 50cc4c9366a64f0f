"""The MultiCasskop kind: one CassandraCluster in each member, one member after the other."""
