"""Reports every connect() and listen() of a sandbox to the egress broker (egress/broker.py), which performs the
allowed ones.

Runs inside the sandbox before any user code. Standard library only, Python 3.6 or newer.
"""

import ctypes
import os
import select
import socket
import struct

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_PTRACER = 0x59616D61
_SECCOMP_SET_MODE_FILTER = 1
_NEW_LISTENER = 1 << 3
_WAIT_KILLABLE_RECV = 1 << 5

# Returns the reason of a refused connect() (egress/broker.py).
_REASONS = ('127.0.0.53', 54)

# machine: (audit arch, seccomp, connect, listen)
_NUMBERS = {'x86_64': (0xC000003E, 317, 42, 50), 'aarch64': (0xC00000B7, 277, 203, 201)}


class _Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_char_p)]


def install(fd, home='', program=None):
    """Installs the reporting filter and sends its listener to the broker at the other end of `fd`.

    `program`: a complete filter that also reports these calls. `home`: the only folder whose unix sockets may be
    connected, in a sandbox that shares the host's network. Returns once the broker serves this process and its future
    children, otherwise raises OSError. Closes `fd` and the listener, because code with the listener could answer for
    the broker.
    """
    broker = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=fd)
    try:
        listener = _listen(program)
        try:
            broker.sendmsg([b'L' + os.fsencode(home)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack('i', listener))])
        finally:
            os.close(listener)
        # The socket may be non-blocking.
        readable, _, _ = select.select([broker], [], [], 10)
        if not readable or broker.recv(1) != b'K':
            raise OSError('the egress broker did not accept this sandbox within 10 s')
    finally:
        broker.close()


def explain_refusals():
    """Adds the address and the rule to the exception of a refused connect()."""
    connect = socket.socket.connect

    def connect_or_explain(self, address):
        try:
            return connect(self, address)
        except PermissionError as error:
            reason = _ask_reason(connect) if self.family in (socket.AF_INET, socket.AF_INET6) else None
            if reason is None:
                raise
            # Keeps the traceback of connect().
            error.args = (error.errno, reason)
            error.strerror = reason
            raise
    connect_or_explain.__name__ = connect_or_explain.__qualname__ = 'connect'
    socket.socket.connect = connect_or_explain


def _ask_reason(connect):
    """Returns the reason of this thread's last refusal, or None. The broker then forgets it."""
    try:
        sock = socket.socket()
        try:
            connect(sock, _REASONS)
            return sock.recv(4096).decode() or None
        finally:
            sock.close()
    except (OSError, ValueError):
        return None


def _reports():
    """Returns a filter that reports both calls and allows all others."""
    arch, _, connect, listen = _NUMBERS[os.uname().machine]
    lines = [
        (0x20, 0, 0, 4),  # load the arch
        (0x15, 0, 4, arch),
        (0x20, 0, 0, 0),  # load the number
        (0x15, 1, 0, connect),
        (0x15, 0, 1, listen),
        (0x06, 0, 0, 0x7FC00000),  # SECCOMP_RET_USER_NOTIF
        (0x06, 0, 0, 0x7FFF0000),  # SECCOMP_RET_ALLOW, because the first filter (seccomp/filter.ts) kills calls of another architecture
    ]
    return b''.join(struct.pack('<HBBI', *line) for line in lines)


def _listen(code=None):
    code = code or _reports()
    seccomp = _NUMBERS[os.uname().machine][1]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Yama may allow ptrace only for ancestors.
    libc.prctl(_PR_SET_PTRACER, ctypes.c_ulong(-1).value, 0, 0, 0)
    program = _Program(len(code) // 8, code)
    # The second flag needs Linux 5.19. Before, a signal can interrupt a connect() that Python then considers done.
    for flags in (_NEW_LISTENER | _WAIT_KILLABLE_RECV, _NEW_LISTENER):
        listener = libc.syscall(seccomp, _SECCOMP_SET_MODE_FILTER, flags, ctypes.byref(program))
        if listener >= 0:
            return listener
    number = ctypes.get_errno()
    raise OSError(number, 'cannot install the filter that reports connect(): ' + os.strerror(number))
