"""What the egress broker asks of the kernel: notifications, and the descriptors and files of sandboxes."""

import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct

# machine: the number of listen(); what else is reported is connect()
LISTEN = {'x86_64': 50, 'aarch64': 201}[os.uname().machine]
_RECV = 0xC0502100
_SEND = 0xC0182101
_ID_VALID = 0x40082102
_ADDFD = 0x40182103
_SETFD = 1
_PIDFD_OPEN = 434
_PIDFD_GETFD = 438
_OPENAT2 = 437
_RESOLVE_IN_ROOT = 0x10
_RESOLVE_BENEATH_WITHOUT_LINKS = 0x0C
_O_PATH = 0o10000000
_SO_LOCK_FILTER = 44
_SO_NETNS_COOKIE = 71
_PATIENCE = 0.005
_TCP_USER_TIMEOUT = 18
_O_CLOEXEC = 0o2000000
_NOTIFICATION = struct.Struct('=QIIiIQ6Q')  # id, pid, flags; the call's number, arch, address, six arguments
_GONE = (errno.ENOENT, errno.EINTR, errno.ESRCH)

# Options that programs set before they connect; all are read and written as they are.
_COPIED = [(socket.SOL_SOCKET, option, size) for option, size in (
    (socket.SO_KEEPALIVE, 4), (socket.SO_LINGER, 8), (socket.SO_RCVTIMEO, 16), (socket.SO_SNDTIMEO, 16))]
_COPIED += [(socket.IPPROTO_TCP, option, 4) for option in (
    socket.TCP_NODELAY, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, _TCP_USER_TIMEOUT)]

_libc = ctypes.CDLL(None, use_errno=True)


class Notification(object):
    """One connect() or listen() of a sandbox, whose thread waits in the kernel until it is answered."""

    def __init__(self, listener, fields):
        self.listener = listener
        self.id, self.pid = fields[0], fields[1]
        self.fd = ctypes.c_int(fields[6] & 0xFFFFFFFF).value
        self.is_listen = fields[3] == LISTEN
        self.pointer = fields[7]
        self.backlog = ctypes.c_int(fields[7] & 0xFFFFFFFF).value
        self.length = ctypes.c_int(fields[8] & 0xFFFFFFFF).value

    def is_valid(self):
        """False once the caller is gone: then whatever was read by its pid may be another process's."""
        try:
            fcntl.ioctl(self.listener, _ID_VALID, struct.pack('=Q', self.id))
            return True
        except OSError:
            return False

    def answer(self, number):
        """Ends the call: 0, or an errno."""
        try:
            fcntl.ioctl(self.listener, _SEND, struct.pack('=QqiI', self.id, 0, -number, 0))
        except OSError as error:
            if error.errno not in _GONE:
                raise

    def inject(self, sock, closes_on_exec):
        """Puts `sock` in the place of the descriptor that the caller wants to connect."""
        flags = _O_CLOEXEC if closes_on_exec else 0
        fcntl.ioctl(self.listener, _ADDFD, struct.pack('=QIIII', self.id, _SETFD, sock.fileno(), self.fd, flags))

    def read_address(self):
        """The bytes of the socket address, copied: the sandbox may change its own at any time."""
        memory = os.open('/proc/%d/mem' % self.pid, os.O_RDONLY)
        try:
            return os.pread(memory, self.length, self.pointer)
        finally:
            os.close(memory)

    def borrow_socket(self):
        """The caller's socket itself, shared with it: to be looked at, and closed."""
        pidfd = self._open_pidfd()
        try:
            fd = _checked(_libc.syscall(_PIDFD_GETFD, pidfd, self.fd, 0))
        finally:
            os.close(pidfd)
        try:
            return socket.socket(fileno=fd)
        except OSError:
            os.close(fd)
            raise

    def _open_pidfd(self):
        pidfd = _libc.syscall(_PIDFD_OPEN, self.pid, 0)
        if pidfd >= 0:
            return pidfd
        # It is a thread: the leader of its group has the same descriptors.
        with open('/proc/%d/status' % self.pid) as status:
            leader = next(int(line.split()[1]) for line in status if line.startswith('Tgid:'))
        return _checked(_libc.syscall(_PIDFD_OPEN, leader, 0))

    def closes_on_exec(self):
        with open('/proc/%d/fdinfo/%d' % (self.pid, self.fd)) as info:
            return any(int(line.split()[1], 8) & _O_CLOEXEC for line in info if line.startswith('flags:'))


def receive(listener):
    """The next notification, or None when its caller was interrupted. Call only when there is one: it may wait."""
    buffer = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECV, buffer)
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise
    return Notification(listener, _NOTIFICATION.unpack(buffer))


def copy_options(origin, target):
    """Gives `target` the options that the caller had set on its own socket."""
    for level, option, size in _COPIED:
        try:
            target.setsockopt(level, option, origin.getsockopt(level, option, size))
        except OSError:
            pass  # an option that this kernel or family does not know


def mark(sock):
    """Marks a socket as one of the host's network: its filter is locked (there is none), which nobody can undo."""
    sock.setsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER, 1)


def is_of_host(sock):
    """True for what the broker injected: the mark, and the cookie of the network namespace (Linux 5.14 or newer)."""
    if sock.getsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER):
        return True
    return _HOST_COOKIE is not None and _read_cookie(sock) == _HOST_COOKIE


def connect(sock, raw):
    """connect() to an address in bytes; the errno, never an exception, and never a wait of more than a moment.

    The sandbox shares this socket and can make it blocking at any time, so a timer stands by.
    """
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE, _PATIENCE)
    try:
        return ctypes.get_errno() if _libc.connect(sock.fileno(), raw, len(raw)) else 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def listen(sock, backlog):
    return ctypes.get_errno() if _libc.listen(sock.fileno(), backlog) else 0


def open_in_sandbox(pid, path, home=None):
    """Finds a file as the sandbox's process sees it: no link leads out of the sandbox's root, nor out of its `home`."""
    if not path.startswith(b'/'):
        path = os.path.join(os.readlink(b'/proc/%d/cwd' % pid), path)
    resolve = _RESOLVE_IN_ROOT
    if home is not None:
        if not path.startswith(home + b'/'):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        path, resolve = path[len(home) + 1:], _RESOLVE_BENEATH_WITHOUT_LINKS
    root = os.open('/proc/%d/root' % pid if home is None else home, _O_PATH | os.O_DIRECTORY)
    try:
        how = ctypes.create_string_buffer(struct.pack('=QQQ', _O_PATH | _O_CLOEXEC, 0, resolve), 24)
        return _Descriptor(_checked(_libc.syscall(_OPENAT2, root, ctypes.c_char_p(path), how, ctypes.c_size_t(24))))
    finally:
        os.close(root)


class _Descriptor(object):
    """Closed when nobody holds it any more."""

    def __init__(self, fd):
        self.fd = fd

    def __del__(self):
        os.close(self.fd)


def _read_cookie(sock):
    return sock.getsockopt(socket.SOL_SOCKET, _SO_NETNS_COOKIE, 8)


def _host_cookie():
    sock = socket.socket()
    try:
        return _read_cookie(sock)
    except OSError:
        return None
    finally:
        sock.close()


def _checked(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


# A handler of Python's, so that the signal interrupts a call instead of ending the broker.
signal.signal(signal.SIGALRM, lambda number, frame: None)
_HOST_COOKIE = _host_cookie()
