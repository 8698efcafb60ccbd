"""The run's standard streams. Their output is unbuffered UTF-8, which accepts every character."""
import fcntl
import io
import logging
import os
import sys

_fstat = os.fstat
_fcntl, _flock, _LOCK_UN = fcntl.fcntl, fcntl.flock, fcntl.LOCK_UN
_F_GETFL, _F_SETFL, _F_GETOWN, _F_GETSIG = fcntl.F_GETFL, fcntl.F_SETFL, fcntl.F_GETOWN, 11
_F_GETPIPE_SIZE = 1032
_OUTPUTS = (1, 2, 3)
_IS_LINUX = sys.platform.startswith('linux')


def install():
    """Unbuffered streams keep the output before a crash, on 3.6 too."""
    sys.stdout = sys.__stdout__ = _open(1)
    sys.stderr = sys.__stderr__ = _open(2)
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), 'utf-8', 'replace')
    _prepare_logging()
    remember_pipes()


def flush():
    """Flushes wrappers that user code may have created."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def restore_pipes():
    """Undoes a run's changes to the pipes, which later runs share. Returns False on failure.

    asyncio, for example, makes them non-blocking.
    """
    try:
        for fd, flags in zip(_OUTPUTS, _flags):
            if _fcntl(fd, _F_GETFL) != flags:
                _fcntl(fd, _F_SETFL, flags)
            # The template shares the open file description, so a lock would outlive the run.
            _flock(fd, _LOCK_UN)
        return _pipes() == _known_pipes
    except (OSError, OverflowError):
        return False


def are_intact():
    """True if descriptors 1 to 3 are still the server's pipes, and `sys.stdout` and `sys.stderr` are open."""
    try:
        return restore_pipes() and not sys.stdout.closed and not sys.stderr.closed
    except (OSError, AttributeError):
        return False


def _open(fd):
    return io.TextIOWrapper(io.FileIO(fd, 'w', closefd=False), 'utf-8', 'backslashreplace', write_through=True)


def remember_pipes():
    """Records the expected state of descriptors 1 to 3."""
    global _flags, _known_pipes
    _flags = [_fcntl(fd, _F_GETFL) for fd in _OUTPUTS]
    _known_pipes = _pipes()


def _pipes():
    """Returns each pipe's identity, mode, signal owner, signal and size, where supported."""
    pipes = [(found.st_dev, found.st_ino, found.st_mode) for found in map(_fstat, _OUTPUTS)]
    if not _IS_LINUX:
        return pipes
    return pipes + [_fcntl(fd, what) for fd in _OUTPUTS for what in (_F_GETOWN, _F_GETSIG, _F_GETPIPE_SIZE)]


class _PresetHandler(logging.StreamHandler):
    def __init__(self):
        logging.Handler.__init__(self)
        self.setFormatter(logging.Formatter('%(levelname)s %(name)s: %(message)s'))

    @property
    def stream(self):
        return sys.stderr


def _prepare_logging():
    """Sets the root logger to INFO. `basicConfig` works as in a plain Python."""
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
