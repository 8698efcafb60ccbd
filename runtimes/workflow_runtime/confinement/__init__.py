"""What a process of a sandbox imposes on itself before it runs user code. Imports nothing of the other packages."""
