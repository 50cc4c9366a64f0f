"""The world that the demo and the tests run in: control planes, simulators, recorder."""
