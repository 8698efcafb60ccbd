"""The egress broker, which makes the network connections of all sandboxes. broker.py is its program."""
