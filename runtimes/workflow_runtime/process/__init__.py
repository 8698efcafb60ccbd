"""The processes of a sandbox: the supervisor, the template, and the children that serve runs."""
