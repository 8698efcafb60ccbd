"""Records the outgoing HTTP calls of a function, and holds the rules of a trial over them. See protocol.md."""
