"""The descriptors of a zygote: above those of a sandbox, which are opened ahead as what they will be."""
import fcntl
import os

from . import frames

_FIRST_OWN = 16
# What the descriptors 0 to 4 of a sandbox are opened for (protocol.md).
_MODES = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY, os.O_WRONLY, os.O_WRONLY)


def move_up(fd):
    """Moves a descriptor to a number that no sandbox uses, and returns it."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _FIRST_OWN)
    os.close(fd)
    return moved


def open_placeholders():
    """Opens descriptors 0 to 4 as what they will be, so that streams on them can be made once for all sandboxes."""
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
    """Opens the pipes of these names in a folder, given as a descriptor, as descriptors 0 to 4."""
    for fd, (name, mode) in enumerate(zip(names, _MODES)):
        opened = os.open(name, mode | os.O_NOCTTY, dir_fd=folder)
        os.dup2(opened, fd)
        os.close(opened)
