"""Records the outgoing HTTP calls of a function, and enforces a trial's restrictions. See protocol.md."""
