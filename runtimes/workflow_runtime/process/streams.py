"""The run's standard streams: unbuffered output in UTF-8 that no character can make fail."""
import io
import logging
import os
import sys

_fstat = os.fstat
_set_blocking = os.set_blocking


def install():
    """Replaces the streams that Python opened by unbuffered ones, so that output before a crash is kept, on 3.6 too."""
    sys.stdout = sys.__stdout__ = _open(1)
    sys.stderr = sys.__stderr__ = _open(2)
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), 'utf-8', 'replace')
    _prepare_logging()
    _remember()


def flush():
    """Flushes output that the workflow's own wrappers around the streams still hold."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def reset_blocking():
    """Makes the pipes blocking again. The next run shares them, and a run may have changed that, as asyncio does."""
    for fd in (0, 1, 2, 3):
        _set_blocking(fd, True)


def are_intact():
    """True if descriptors 1 to 3 are still the server's pipes, and `sys.stdout` and `sys.stderr` are open."""
    try:
        reset_blocking()
        return _identities() == _known and not sys.stdout.closed and not sys.stderr.closed
    except (OSError, AttributeError):
        return False


def _open(fd):
    return io.TextIOWrapper(io.FileIO(fd, 'w', closefd=False), 'utf-8', 'backslashreplace', write_through=True)


def _remember():
    global _known
    _known = _identities()


def _identities():
    return [(found.st_dev, found.st_ino) for found in (_fstat(fd) for fd in (1, 2, 3))]


class _PresetHandler(logging.StreamHandler):
    """Writes to the current `sys.stderr`."""

    def __init__(self):
        logging.Handler.__init__(self)
        self.setFormatter(logging.Formatter('%(levelname)s %(name)s: %(message)s'))

    @property
    def stream(self):
        return sys.stderr


def _prepare_logging():
    """Sets the root logger to INFO. A workflow that calls `basicConfig` gets the same result as in a plain Python."""
    preset = _PresetHandler()
    logging.root.addHandler(preset)
    logging.root.setLevel(logging.INFO)
    configure = logging.basicConfig

    def basic_config(**options):
        if logging.root.handlers == [preset]:
            logging.root.removeHandler(preset)
            logging.root.setLevel(logging.WARNING)
        configure(**options)

    basic_config.__doc__ = configure.__doc__
    logging.basicConfig = basic_config
