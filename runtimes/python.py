"""What a sandbox starts: `python -I -S -B -u python.py OPTIONS`, as its process number 1.

Standard library only, Python 3.6 or newer. The conversation with the server is described in protocol.md.
"""
import os
import sys

# A process started by multiprocessing imports this file again as `__mp_main__`: then it must do nothing.
if __name__ == '__main__':
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from workflow_runtime.process import template

    template.main(sys.argv[1])
