"""The program of a zygote: `python -I -S -B -u zygote.py OPTIONS`. It makes sandboxes and runs no user code.

Standard library only, Python 3.6 or newer. protocol.md describes the messages to and from the server.
"""
import os
import sys

# multiprocessing imports this file again, as `__mp_main__`.
if __name__ == '__main__':
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from workflow_runtime.process import zygote

    zygote.main(sys.argv[1])
