"""Creates a process in new namespaces, and isolates a sandbox from inside.

docs/decisions/0011-zygotes.md describes the steps and their order. Every function raises OSError on failure.
"""
import ctypes
import errno
import fcntl
import os
import socket
import struct

_CLONE = {'x86_64': 56, 'aarch64': 220}
_SECCOMP = {'x86_64': 317, 'aarch64': 277}
_CLONE_NEWUSER = 0x10000000
# User, PID, mount, network, IPC, UTS, cgroup, and SIGCHLD.
_EVERY_NAMESPACE = _CLONE_NEWUSER | 0x20000000 | 0x20000 | 0x40000000 | 0x8000000 | 0x4000000 | 0x2000000 | 17

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT, _MS_BIND = 1, 2, 4, 8, 0x20, 0x1000
_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 24, 38
_CAPABILITY_VERSION = 0x20080522
_SECCOMP_SET_MODE_FILTER = 1
_SIOCSIFFLAGS, _IFF_UP_RUNNING = 0x8914, 0x41

# PyDLL keeps the lock: no other thread may run between a clone and its hooks.
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_libc.prctl.argtypes = (ctypes.c_int,) + (ctypes.c_ulong,) * 4


class _Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_char_p)]


def is_supported():
    return os.uname().machine in _CLONE


def clone():
    """Forks into all new namespaces. Returns 0 in the child and its pid in the parent.

    The process must have one thread that holds no lock, because the C library's hooks do not run. One call creates all
    namespaces: the child's user namespace then owns the others, so this process needs no capability.
    """
    api = ctypes.pythonapi
    after_child = getattr(api, 'PyOS_AfterFork_Child', None) or api.PyOS_AfterFork
    if hasattr(api, 'PyOS_BeforeFork'):
        api.PyOS_BeforeFork()
    zero = ctypes.c_ulong(0)
    pid = _libc.syscall(ctypes.c_long(_CLONE[os.uname().machine]), ctypes.c_ulong(_EVERY_NAMESPACE), zero, zero, zero, zero)
    number = ctypes.get_errno()
    if pid == 0:
        after_child()
    elif hasattr(api, 'PyOS_AfterFork_Parent'):
        api.PyOS_AfterFork_Parent()
    if pid < 0:
        _fail(number, 'clone')
    return pid


def take_user(proc, uid, mapped):
    """Becomes the only user of this user namespace. `proc`: a descriptor of a writable /proc. `uid`: the same id inside.

    `mapped`: the server has mapped this id to another host user, which this process becomes.
    """
    if mapped:
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        # The change of user made this process undumpable and its /proc files root's.
        _prctl(_PR_SET_DUMPABLE, 1)
    else:
        _map(proc, uid)
    # Allows only the user namespace of `drop_privileges`.
    _write(proc, 'sys/user/max_user_namespaces', b'1')


def start_loopback():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        fcntl.ioctl(sock.fileno(), _SIOCSIFFLAGS, struct.pack('=16sh22x', b'lo', _IFF_UP_RUNNING))
    finally:
        sock.close()


def mount_places(places, hidden):
    """Mounts a new /proc, and empty file systems in memory. `places`: (path, size in bytes).

    `hidden`: files of /proc that describe the host.
    """
    for path, size in places:
        _mount(b'tmpfs', path, b'tmpfs', _MS_NOSUID | _MS_NODEV, b'mode=0755,size=%d' % size)
    _mount(b'proc', '/proc', b'proc', _MS_NOSUID | _MS_NODEV | _MS_NOEXEC | _MS_RDONLY, None)
    for path in hidden:
        if os.path.exists(path):
            _mount(b'/dev/null', path, None, _MS_BIND, None)
            # Without devices, a device cannot even be read.
            flags = _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
            _mount(None, path, None, flags, None)


def drop_privileges(proc, uid):
    """Enters a nested user namespace as this user and drops all capabilities. The outer namespace owns the mounts."""
    _check(_libc.unshare(_CLONE_NEWUSER), 'unshare')
    _map(proc, uid)
    last = 63
    for capability in range(last + 1):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            if ctypes.get_errno() != errno.EINVAL or capability == 0:
                _fail(ctypes.get_errno(), 'PR_CAPBSET_DROP')
            break  # no more capabilities in this kernel
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _check(_libc.capset(struct.pack('=Ii', _CAPABILITY_VERSION, 0), bytes(24)), 'capset')


def install_filter(code):
    program = _Program(len(code) // 8, code)
    seccomp = ctypes.c_long(_SECCOMP[os.uname().machine])
    _check(_libc.syscall(seccomp, _SECCOMP_SET_MODE_FILTER, 0, ctypes.byref(program)), 'seccomp')


def _map(proc, uid):
    _write(proc, 'self/setgroups', b'deny')
    for name in ('gid_map', 'uid_map'):
        _write(proc, 'self/' + name, b'%d %d 1' % (uid, uid))


def _write(proc, path, text):
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC, dir_fd=proc)
    try:
        os.write(fd, text)
    finally:
        os.close(fd)


def _mount(source, target, kind, flags, data):
    _check(_libc.mount(source, os.fsencode(target), kind, flags, data), 'mount on ' + target)


def _prctl(option, value):
    _check(_libc.prctl(option, value, 0, 0, 0), 'prctl')


def _check(result, what):
    if result < 0:
        _fail(ctypes.get_errno(), what)


def _fail(number, what):
    raise OSError(number, '{}: {}'.format(what, os.strerror(number)))
