"""The descriptors of a zygote, above the numbers of a sandbox, which have placeholders."""
import fcntl
import os

from . import frames

_FIRST_OWN = 16
# Modes of descriptors 0 to 4 of a sandbox (protocol.md).
_MODES = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY, os.O_WRONLY, os.O_WRONLY)


def move_up(fd):
    """Moves a descriptor to a number that no sandbox uses."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_OWN)
    os.close(fd)
    return moved


def open_placeholders():
    """Opens pipes of the right direction as descriptors 0 to 4, so that all sandboxes can share the streams on them."""
    for fd in range(frames.EGRESS):
        reads, writes = os.pipe()
        moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_OWN) for end in (reads, writes)]
        for end in (reads, writes):
            if end >= frames.EGRESS or end > fd:
                os.close(end)
        os.dup2(moved[_MODES[fd] == os.O_WRONLY], fd)
        for end in moved:
            os.close(end)


def take_pipes(folder, names):
    """Opens the named pipes in a folder, given as a descriptor, as descriptors 0 to 4."""
    for fd, (name, mode) in enumerate(zip(names, _MODES)):
        opened = os.open(name, mode | os.O_NOCTTY, dir_fd=folder)
        os.dup2(opened, fd)
        os.close(opened)
