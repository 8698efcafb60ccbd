"""The program that loads a workflow's source and runs it. See ../protocol.md."""
