"""Supervises the template without a PID namespace, and kills processes that outlive it.

Without it, a module that forks and then ends the template would leave processes that the server does not know.
"""
import os
import signal

from . import cleanup, forking
from ..confinement import limits


def supervise_template(processes):
    """Returns in the child, the template. The parent exits with the template's status. `processes`: the user's current
    number.
    """
    limits.limit_template(processes + limits.MAX_PROCESSES_SHARED)
    limits.become_subreaper()
    supervisor = os.getpid()
    signal.signal(signal.SIGTERM, _end)
    # The server may be killed.
    limits.die_with_parent(signal.SIGTERM)
    template = forking.fork()
    if template == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        limits.die_with_parent()
        if os.getppid() != supervisor:
            os._exit(1)
        limits.become_subreaper()
        forking.refresh()
        return
    # A copy would keep the pipes open after the template.
    limits.close_from(0)
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
