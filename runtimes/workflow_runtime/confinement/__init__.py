"""Restrictions that a sandbox's process imposes on itself before it runs user code. Imports no other package of the
runtime.
"""
