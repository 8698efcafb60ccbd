"""Forks without the hooks of `logging` and `threading`, which take half of a child's life.

Measured: 0.5 ms of CPU and 90 page faults instead of 0.9 ms and 210. The hooks reset locks of other threads. The
template has one thread and holds no such lock. Forks by user code still run all hooks.
"""
import os

_fork = os.fork
_register = getattr(os, 'register_at_fork', None)  # from Python 3.7 on
_skip = False


def fork():
    """The process must have one thread and hold no lock."""
    skip_hooks(True)
    try:
        return _fork()
    finally:
        skip_hooks(False)


def skip_hooks(skip):
    global _skip
    _skip = skip


def refresh():
    """Does the only necessary work of the hooks in the child: the thread's native id."""
    set_native_id = getattr(threading.main_thread(), '_set_native_id', None)
    if set_native_id is not None:
        set_native_id()


def _register_skipped(**hooks):
    _register(**{name: _unless_skipped(hook) for name, hook in hooks.items()})


def _unless_skipped(hook):
    def run():
        if not _skip:
            hook()
    return run


if _register is not None:
    os.register_at_fork = _register_skipped
try:
    import logging  # noqa: F401
    import threading
finally:
    if _register is not None:
        os.register_at_fork = _register
