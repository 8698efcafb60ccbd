"""The user's function: its source, its arguments, and what it returns or raises. Imports nothing of the other packages."""
