"""The program of a sandbox: `python -I -S -B -u python.py OPTIONS`. With namespaces it is process 1 of its sandbox.

Standard library only, Python 3.6 or newer. protocol.md describes the messages to and from the server.
"""
import os
import sys

# multiprocessing imports this file again, as `__mp_main__`.
if __name__ == '__main__':
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from workflow_runtime.process import template

    template.main(sys.argv[1])
