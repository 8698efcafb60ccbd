"""Asks for what all programs of the host share, and for memory that no process is charged for. Returns what it got."""
import ctypes
import errno
import fcntl
import os
import resource
import socket

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    ctypes.set_errno(0)
    return 'got' if getattr(libc, name)(*args) >= 0 else errno.errorcode[ctypes.get_errno()]


def attempt(function, *args):
    try:
        function(*args)
        return 'got'
    except OSError as error:
        return errno.errorcode[error.errno]


def buffers():
    """The largest buffers of a socket, in bytes: asked for, and filled."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        ours.setblocking(False)
        filled = 0
        try:
            while True:
                filled += ours.send(b'x' * 65536)
        except BlockingIOError:
            return filled <= 512 * 1024


def workflow(_request, settings):
    open_files, processes, signals = (resource.getrlimit(what)[1] for what in (
        resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_SIGPENDING))
    flags = ctypes.c_long(0x40)  # FS_NODUMP_FL
    with open('probe', 'w') as file:
        found = {
            'inotify': call('inotify_init1', 0), 'memfd': call('memfd_create', b'x', 0),
            'aio': 'got' if libc.syscall(206 if os.uname().machine == 'x86_64' else 0, 1, ctypes.byref(ctypes.c_ulong())) == 0 else 'none',
            'terminal': attempt(os.openpty), 'flags': attempt(fcntl.ioctl, file, 0x40086602, flags),
            'devices': sorted(os.listdir('/dev')), 'small buffers': buffers(),
            'limits': [open_files, processes, signals]}
    return {'status_code': 200, 'body': repr(found)}
