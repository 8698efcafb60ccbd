"""Confines a process with Landlock and a system call filter, on a machine without namespaces.

As a program, it prints the kernel's Landlock version: `{"abi": 7}`, or 0 if there is none. Standard library only,
Python 3.6 or newer. See docs/decisions/0007-landlock.md.
"""
import ctypes
import errno
import json
import os
import stat
import struct

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # same on every architecture
_SECCOMP = {'x86_64': 317, 'aarch64': 277}
_PR_SET_NO_NEW_PRIVS = 38
_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
# (ABI, number of rights). Landlock denies every handled right that no rule grants.
_FILE_BITS = ((1, 13), (2, 14), (3, 15), (5, 16))
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14
_TCP, _TCP_ABI = 3, 4
_SCOPES, _SIGNAL, _SCOPE_ABI = 3, 2, 6

# Omits files of /etc that describe this machine's users.
SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/proc'] + ['/etc/' + name for name in (
    'alternatives ld.so.cache localtime mime.types services protocols nsswitch.conf resolv.conf hosts host.conf gai.conf '
    'ssl/certs ssl/openssl.cnf ssl/ca-bundle.pem ssl/cert.pem pki/tls/certs ca-certificates').split()]
DEVICES = ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom']


class _Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_char_p)]


_libc = ctypes.CDLL(None, use_errno=True)


def find_abi():
    """Returns the kernel's Landlock version, or 0 if it has none or disables it."""
    abi = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if abi < 0 and ctypes.get_errno() not in (errno.ENOSYS, errno.EOPNOTSUPP):
        _fail('cannot query the Landlock version')
    return max(abi, 0)


def restrict(home, readable, filter_path):
    """Applies `restrict_files` and the system call filter in a file to this process and its future children."""
    with open(filter_path, 'rb') as file:
        code = file.read()
    restrict_files([home], readable)
    program = _Program(len(code) // 8, code)
    seccomp = _SECCOMP[os.uname().machine]
    _check(_libc.syscall(seccomp, 1, 0, ctypes.byref(program)), 'cannot install the system call filter')


def restrict_files(writable, readable):
    """Lets this process and its future children write only `writable`, and read only `readable` and system files.

    Also denies TCP, and signals and abstract sockets of other processes, if the kernel can. Raises OSError on
    failure.
    """
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'cannot set no_new_privs')
    abi = find_abi()
    files = (1 << max(bits for first, bits in _FILE_BITS if first <= abi)) - 1
    ruleset = _create_ruleset(files, _TCP if abi >= _TCP_ABI else 0, _SCOPES if abi >= _SCOPE_ABI else 0)
    try:
        for path in writable:
            _allow(ruleset, path, files)
        for path in SYSTEM + readable:
            _allow(ruleset, path, _READ)
        for path in DEVICES:
            _allow(ruleset, path, _READ_FILE | _WRITE_FILE)
        _check(_libc.syscall(_RESTRICT_SELF, ruleset, 0), 'cannot apply the Landlock ruleset')
    finally:
        os.close(ruleset)


def block_signals_to_template():
    """Prevents a child from signalling the template, which cleans up after it. Does nothing before Landlock 6."""
    if find_abi() >= _SCOPE_ABI:
        ruleset = _create_ruleset(0, 0, _SIGNAL)
        try:
            _check(_libc.syscall(_RESTRICT_SELF, ruleset, 0), 'cannot apply the Landlock ruleset')
        finally:
            os.close(ruleset)


def _create_ruleset(files, network, scopes):
    # Older kernels accept a longer structure with zeros.
    attributes = struct.pack('=QQQ', files, network, scopes)
    return _check(_libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0), 'cannot create a Landlock ruleset')


def _allow(ruleset, path, rights):
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _OF_FILES
        rule = struct.pack('=Qi', rights, fd)
        _check(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0), 'cannot allow access to ' + path)
    finally:
        os.close(fd)


def _check(result, what):
    if result < 0:
        _fail(what)
    return result


def _fail(what):
    number = ctypes.get_errno()
    raise OSError(number, '{}: {}'.format(what, os.strerror(number)))


if __name__ == '__main__':
    print(json.dumps({'abi': find_abi()}))
