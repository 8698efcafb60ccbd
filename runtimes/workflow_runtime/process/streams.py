"""The run's output: unbuffered, UTF-8, never a reason to fail."""
import io
import logging
import os
import sys

_fstat = os.fstat
_set_blocking = os.set_blocking


def install():
    """Replaces the streams that Python opened: what was printed before a crash is kept, on 3.6 too."""
    sys.stdout = sys.__stdout__ = _open(1)
    sys.stderr = sys.__stderr__ = _open(2)
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), 'utf-8', 'replace')
    _prepare_logging()
    _remember()


def flush():
    """Output that the workflow's own wrappers around the streams still hold."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def reset_blocking():
    """A run may have made the pipes non-blocking (asyncio does); they are shared with the next one."""
    for fd in (0, 1, 2, 3):
        _set_blocking(fd, True)


def are_intact():
    """Whether descriptors 1 to 3 still lead to the server, and `print` to them."""
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
    """Writes to whatever `sys.stderr` is at the time."""

    def __init__(self):
        logging.Handler.__init__(self)
        self.setFormatter(logging.Formatter('%(levelname)s %(name)s: %(message)s'))

    @property
    def stream(self):
        return sys.stderr


def _prepare_logging():
    """Root logger at INFO. A workflow that calls `basicConfig` itself gets what it asks for, as in a plain Python."""
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
