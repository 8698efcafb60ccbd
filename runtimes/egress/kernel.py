"""Kernel interfaces of the egress broker: seccomp notifications, and descriptors and files of sandboxes."""

import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct

# The filter reports only listen() and connect().
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
_CONNECT_INTERRUPT_SECONDS = 0.005
_TCP_USER_TIMEOUT = 18
_O_CLOEXEC = 0o2000000
_NOTIFICATION = struct.Struct('=QIIiIQ6Q')  # id, pid, flags; the call's number, arch, address, six arguments
_CALLER_GONE = (errno.ENOENT, errno.EINTR, errno.ESRCH)

# (level, option, size) of options that programs set before a connect.
_COPIED = [(socket.SOL_SOCKET, option, size) for option, size in (
    (socket.SO_KEEPALIVE, 4), (socket.SO_LINGER, 8), (socket.SO_RCVTIMEO, 16), (socket.SO_SNDTIMEO, 16))]
_COPIED += [(socket.IPPROTO_TCP, option, 4) for option in (
    socket.TCP_NODELAY, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, _TCP_USER_TIMEOUT)]

_CLONE_NEWUSER = 0x10000000
_CAPABILITY_VERSION = 0x20080522
_CAPABILITIES = 1 << 1 | 1 << 19  # CAP_DAC_OVERRIDE, CAP_SYS_PTRACE

_libc = ctypes.CDLL(None, use_errno=True)


def become(uid, gid, namespace):
    """Changes from root to an ordinary user.

    In the sandboxes' user namespace, the broker keeps the capabilities to read memory and descriptors of other users'
    processes and to connect their unix sockets. It has none over the host. `namespace` is a descriptor or None.
    """
    if namespace is not None:
        _checked(_libc.setns(namespace, _CLONE_NEWUSER))
        os.close(namespace)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if namespace is not None:
        capabilities = struct.pack('=6I', _CAPABILITIES, _CAPABILITIES, 0, 0, 0, 0)
        _checked(_libc.capset(struct.pack('=Ii', _CAPABILITY_VERSION, 0), capabilities))


class Notification(object):
    """One connect() or listen() of a sandbox. The kernel suspends its thread until `answer`."""

    def __init__(self, listener, fields):
        self.listener = listener
        self.id, self.pid = fields[0], fields[1]
        self.fd = ctypes.c_int(fields[6] & 0xFFFFFFFF).value
        self.is_listen = fields[3] == LISTEN
        self.pointer = fields[7]
        self.backlog = ctypes.c_int(fields[7] & 0xFFFFFFFF).value
        self.length = ctypes.c_int(fields[8] & 0xFFFFFFFF).value

    def is_valid(self):
        """False once the caller has ended. Data read by its pid may then belong to another process."""
        try:
            fcntl.ioctl(self.listener, _ID_VALID, struct.pack('=Q', self.id))
            return True
        except OSError:
            return False

    def answer(self, number):
        """Ends the call with 0 for success, or an errno."""
        try:
            fcntl.ioctl(self.listener, _SEND, struct.pack('=QqiI', self.id, 0, -number, 0))
        except OSError as error:
            if error.errno not in _CALLER_GONE:
                raise

    def inject(self, sock, closes_on_exec):
        """Replaces the caller's descriptor with `sock`."""
        flags = _O_CLOEXEC if closes_on_exec else 0
        fcntl.ioctl(self.listener, _ADDFD, struct.pack('=QIIII', self.id, _SETFD, sock.fileno(), self.fd, flags))

    def read_address(self):
        """Copies the socket address, because the sandbox may change its bytes at any time."""
        memory = os.open('/proc/%d/mem' % self.pid, os.O_RDONLY)
        try:
            return os.pread(memory, self.length, self.pointer)
        finally:
            os.close(memory)

    def borrow_socket(self):
        """Returns the caller's socket, which both share. It must be closed after use."""
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
        # `pid` is a thread. Its group's leader has the same descriptors.
        with open('/proc/%d/status' % self.pid) as status:
            leader = next(int(line.split()[1]) for line in status if line.startswith('Tgid:'))
        return _checked(_libc.syscall(_PIDFD_OPEN, leader, 0))

    def closes_on_exec(self):
        with open('/proc/%d/fdinfo/%d' % (self.pid, self.fd)) as info:
            return any(int(line.split()[1], 8) & _O_CLOEXEC for line in info if line.startswith('flags:'))


def receive(listener):
    """Returns the next notification, or None if its caller was interrupted. Blocks unless the listener is readable."""
    buffer = bytearray(_NOTIFICATION.size)
    try:
        fcntl.ioctl(listener, _RECV, buffer)
    except OSError as error:
        if error.errno in _CALLER_GONE:
            return None
        raise
    return Notification(listener, _NOTIFICATION.unpack(buffer))


def copy_options(origin, target):
    for level, option, size in _COPIED:
        try:
            target.setsockopt(level, option, origin.getsockopt(level, option, size))
        except OSError:
            pass  # unsupported by this kernel or family


def mark_host_socket(sock):
    """Marks a socket of the host's network by locking its (empty) packet filter. A lock cannot be removed."""
    sock.setsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER, 1)


def is_host_socket(sock):
    """True if a socket belongs to the broker: it has the mark, or the cookie of the host's network namespace (Linux
    5.14 or newer).
    """
    if sock.getsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER):
        return True
    return _HOST_COOKIE is not None and _read_cookie(sock) == _HOST_COOKIE


def connect(sock, raw):
    """Calls connect() with a raw address and returns the errno. Never raises.

    The sandbox shares this socket and can make it blocking at any time, so a timer interrupts the call after 5 ms.
    """
    signal.setitimer(signal.ITIMER_REAL, _CONNECT_INTERRUPT_SECONDS, _CONNECT_INTERRUPT_SECONDS)
    try:
        return ctypes.get_errno() if _libc.connect(sock.fileno(), raw, len(raw)) else 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def listen(sock, backlog):
    return ctypes.get_errno() if _libc.listen(sock.fileno(), backlog) else 0


def open_in_sandbox(pid, path, home=None):
    """Opens a file as the sandbox's process sees it. Links cannot leave the sandbox's root, nor `home` if given."""
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
    """A descriptor that is closed with its last reference."""

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


# The handler lets the signal interrupt a call. By default it would end the broker.
signal.signal(signal.SIGALRM, lambda number, frame: None)
_HOST_COOKIE = _host_cookie()
