"""The CassandraCluster kind: one StatefulSet per rack, and the ring that their pods form."""
