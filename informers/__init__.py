"""List and watch as Kubernetes means it: transport, reflector, store, dispatch. Knows nothing of Cassandra."""
