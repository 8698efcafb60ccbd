"""Tries to escape from its sandbox. The server runs this workflow at its start and requires that every attack fails.

Python 3.6 or newer, standard library only. A successful attack damages nothing.
"""
import ctypes
import json
import os
import platform
import signal
import socket

ROOT_ENTRIES = {'bin', 'dev', 'etc', 'lib', 'lib32', 'lib64', 'opt', 'proc', 'sbin', 'tmp', 'usr'}
VARIABLES = {
    'PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_CTYPE', 'TZ', 'USER', 'PWD', 'PYTHONUNBUFFERED', 'PYTHONDONTWRITEBYTECODE',
    'PYTHONNOUSERSITE', 'PYTHONPATH', 'MALLOC_ARENA_MAX', 'SSL_CERT_FILE', 'RES_OPTIONS',
    'OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'NUMEXPR_NUM_THREADS'}
# keyctl, io_uring_setup, bpf, ptrace, mount, clone3
CALLS = {'x86_64': (250, 425, 321, 101, 165, 435), 'aarch64': (219, 425, 280, 117, 40, 435)}
SOCKETS = {
    'vsock': (40, socket.SOCK_STREAM, 0), 'alg': (38, socket.SOCK_SEQPACKET, 0), 'packet': (17, socket.SOCK_RAW, 0),
    'raw': (socket.AF_INET, socket.SOCK_RAW, 1), 'mptcp': (socket.AF_INET, socket.SOCK_STREAM, 262)}
libc = ctypes.CDLL(None, use_errno=True)


def workflow(_request, settings):
    """Returns {attack: null if it failed, else what it reached}."""
    attacks = dict(common_attacks(_request), **(
        attacks_on_namespaces(_request) if _request['tier'] == 'bwrap' else attacks_on_landlock(_request)))
    return {'status_code': 200, 'body': json.dumps({name: outcome(attack) for name, attack in attacks.items()})}


def common_attacks(facts):
    return {
        'environment': lambda: sorted(set(os.environ) - VARIABLES),
        'shadow': lambda: opens('/etc/shadow', os.O_RDONLY),
        'kernel settings': lambda: opens('/proc/sys/kernel/core_pattern', os.O_WRONLY),
        'sysrq': lambda: opens('/proc/sysrq-trigger', os.O_WRONLY),
        'new namespaces': lambda: libc.unshare(0x10000000) == 0,
        'system calls': forbidden_calls,
        'sockets': forbidden_sockets,
        'loopback of the host': lambda: connects('127.0.0.1', facts['port']),
        # Platforms such as OpenShift keep group 0, which has no rights by itself.
        'identity': lambda: [0 for number in os.getresuid() + (() if facts['group0'] else os.getresgid()) if number == 0],
        'terminal': lambda: opens('/dev/tty', os.O_RDWR),
    }


def attacks_on_namespaces(facts):
    return {
        'processes': lambda: [pid for pid in os.listdir('/proc') if pid.isdigit() and int(pid) not in (1, os.getpid())],
        'files': lambda: sorted(set(os.listdir('/')) - ROOT_ENTRIES - set(facts['folders'])),
        'writing': lambda: [path for path in facts['folders'] + ['', 'usr', 'etc', 'dev', 'opt'] if creates('/' + path)],
        'template memory': lambda: opens('/proc/1/mem', os.O_RDONLY),
        'template environment': lambda: opens('/proc/1/environ', os.O_RDONLY),
        'privileges': lambda: privileges(CapBnd='0' * 16),
    }


def attacks_on_landlock(facts):
    server, above = '/proc/{}/'.format(facts['server']), os.path.dirname(os.environ['HOME'])
    return {
        'memory of others': lambda: [path for path in (
            server + 'mem', server + 'environ', '/proc/{}/mem'.format(os.getppid())) if opens(path, os.O_RDONLY)],
        'reading': lambda: [path for path in ('/', '/etc', '/etc/passwd', '/root', '/home', '/var', '/tmp', '/sys', '/dev/shm', above)
                            if opens(path, os.O_RDONLY)],
        'writing': lambda: [path for path in ('/', '/usr', '/etc', '/dev', '/dev/shm', '/tmp', '/var/tmp', above) if creates(path)],
        'datagrams': lambda: makes(socket.AF_INET, socket.SOCK_DGRAM) or makes(socket.AF_UNIX, socket.SOCK_DGRAM),
        'abstract sockets': lambda: connects_unix(b'\0' + facts['abstract'].encode()),
        'signals': lambda: facts['scoped'] and signals(facts['server']),
        'privileges': privileges,
    }


def outcome(attack):
    try:
        got = attack()
        return ascii(got) if got else None
    except Exception as error:
        return 'the attack itself failed: ' + ascii(error)


def opens(path, flags):
    try:
        os.close(os.open(path, flags))
        return path
    except OSError:
        return None


def creates(folder):
    path = folder.rstrip('/') + '/probe'
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
        os.unlink(path)
        return True
    except OSError:
        return False


def connects(host, port):
    try:
        socket.create_connection((host, port), timeout=2).close()
        return True
    except OSError:
        return False


def forbidden_calls():
    # With invalid arguments, only a filtered call fails with EPERM (1) or ENOSYS (38).
    reached = []
    for number in CALLS[platform.machine()]:
        ctypes.set_errno(0)
        if libc.syscall(number, -1, 0, 0, 0, 0) != -1 or ctypes.get_errno() not in (1, 38):
            reached.append(number)
    return reached


def forbidden_sockets():
    reached = []
    for name, (family, kind, protocol) in SOCKETS.items():
        try:
            socket.socket(family, kind, protocol).close()
            reached.append(name)
        except OSError:
            pass
    return reached


def makes(family, kind):
    try:
        socket.socket(family, kind).close()
        return True
    except OSError:
        return False


def connects_unix(address):
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(address)
            return True
        except OSError:
            return False


def signals(pid):
    try:
        os.kill(pid, 0)
        return pid
    except (ProcessLookupError, PermissionError):
        return None


def privileges(**more):
    with open('/proc/self/status') as text:
        status = dict(line.rstrip('\n').split(':\t', 1) for line in text if ':\t' in line)
    wanted = {'CapEff': '0' * 16, 'CapPrm': '0' * 16, 'CapAmb': '0' * 16, 'NoNewPrivs': '1', 'Seccomp': '2'}
    wanted.update(more)
    return [name for name, value in wanted.items() if status.get(name) != value]
