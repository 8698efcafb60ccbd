"""The user's function: its source, arguments, results and exceptions. Imports no other package of the runtime."""
