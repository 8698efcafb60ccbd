"""Where there is no PID namespace: a process above the template that runs no user code, and ends what outlives it.

A module that forks and then ends the template would otherwise leave processes behind that nobody knows.
"""
import os
import signal

from . import cleanup
from ..confinement import limits


def watch_over_template():
    """Returns in a child of this process, which becomes the template. This one stays, and ends as the template does."""
    limits.adopt_orphans()
    supervisor = os.getpid()
    signal.signal(signal.SIGTERM, _end)
    # The server may go without a word.
    limits.die_with_parent(signal.SIGTERM)
    template = os.fork()
    if template == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        limits.die_with_parent()
        if os.getppid() != supervisor:
            os._exit(1)
        return
    # The pipes end with those who use them.
    os.closerange(0, limits.OPEN_FILES)
    os.chdir('/')
    limits.hide_process()
    _end_like(_wait_for(template))


def _wait_for(template):
    while True:
        pid, status, _ = os.wait4(-1, 0)
        if pid == template:
            return status


def _end_like(status):
    _kill_all()
    if status & 0x7F:
        os.kill(os.getpid(), status & 0x7F)
    os._exit(status >> 8)


def _end(number, frame):
    _kill_all()
    os._exit(1)


def _kill_all():
    cleanup.end_descendants()
    cleanup.kill_children()
