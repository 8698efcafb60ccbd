"""The egress broker, which makes the network connections of all sandboxes. Its program is broker.py."""
