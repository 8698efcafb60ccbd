"""Loads a workflow's source and runs its function. See ../protocol.md."""
