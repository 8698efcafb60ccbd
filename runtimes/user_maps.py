"""Maps a separate user into each sandbox of a zygote, if the server is root.

A zygote has no capability, so it can map only its own user into a sandbox's namespace. This process has the required
capabilities in the namespace of the sandboxes' users, which cover 1,024 ids and nothing of the host. It runs no user
code and reads nothing of sandboxes. Standard library only, Python 3.6 or newer.

    python3 -I -S -B user_maps.py '{"namespace": 3, "uid": 100000, "inside": 65534}'

stdin: one JSON line {pid, uid} for each new process of a zygote, with its host pid and the user to map as `inside`.
The process ends with its stdin. stdout: a JSON line {pid, problem} for each, with null for success. The first line is
{"ready": true}.
"""
import ctypes
import json
import os
import struct
import sys

_CLONE_NEWUSER = 0x10000000
_CAPABILITY_VERSION = 0x20080522
# CAP_DAC_OVERRIDE opens another user's files in /proc. CAP_SETGID, CAP_SETUID and CAP_SYS_ADMIN allow writing them.
_CAPABILITIES = 1 << 1 | 1 << 6 | 1 << 7 | 1 << 21

_libc = ctypes.CDLL(None, use_errno=True)


def main(options):
    _become(options['namespace'], options['uid'])
    _report({'ready': True})
    for line in iter(sys.stdin.readline, ''):
        request = json.loads(line)
        problem = None
        try:
            _map(request['pid'], options['inside'], request['uid'])
        except OSError as error:
            problem = str(error)
        _report({'pid': request['pid'], 'problem': problem})


def _become(namespace, uid):
    os.closerange(namespace + 1, 1024)  # descriptors inherited from the server
    _check(_libc.setns(namespace, _CLONE_NEWUSER))
    os.close(namespace)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    capabilities = struct.pack('=6I', _CAPABILITIES, _CAPABILITIES, 0, 0, 0, 0)
    _check(_libc.capset(struct.pack('=Ii', _CAPABILITY_VERSION, 0), capabilities))


def _map(pid, inside, uid):
    """Makes `uid` the only user of the process's user namespace. The kernel accepts only the first map of a
    namespace.
    """
    line = '{} {} 1'.format(inside, uid)
    for name, text in (('setgroups', 'deny'), ('gid_map', line), ('uid_map', line)):
        fd = os.open('/proc/{}/{}'.format(pid, name), os.O_WRONLY)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)


def _report(message):
    sys.stdout.write(json.dumps(message) + '\n')
    sys.stdout.flush()


def _check(result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == '__main__':
    main(json.loads(sys.argv[1]))
