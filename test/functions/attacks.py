import ctypes
import errno
import glob
import mmap
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
MACHINE = platform.machine()
LOADED_AT = time.time()
NUMBERS = {
    'x86_64': {'unshare': 272, 'setns': 308, 'mount': 165, 'clone3': 435, 'io_uring_setup': 425, 'bpf': 321, 'keyctl': 250,
               'add_key': 248, 'ptrace': 101, 'process_vm_readv': 310, 'perf_event_open': 298, 'userfaultfd': 323, 'msgget': 68,
               'shmget': 29, 'semget': 64, 'mq_open': 240, 'pidfd_getfd': 438, 'chroot': 161, 'sethostname': 170, 'kexec_load': 246},
    'aarch64': {'unshare': 97, 'setns': 268, 'mount': 40, 'clone3': 435, 'io_uring_setup': 425, 'bpf': 280, 'keyctl': 219,
                'add_key': 217, 'ptrace': 117, 'process_vm_readv': 270, 'perf_event_open': 241, 'userfaultfd': 282, 'msgget': 186,
                'shmget': 194, 'semget': 190, 'mq_open': 180, 'pidfd_getfd': 438, 'chroot': 51, 'sethostname': 161, 'kexec_load': 104}}


def attempt(action):
    try:
        got = action()
        return 'through: ' + repr(got)[:100]
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def reads(*paths):
    return lambda: {path: attempt(lambda: open(path, 'rb').read(10)) for path in paths}


def writes(*paths):
    return lambda: {path: attempt(lambda: os.close(os.open(path, os.O_WRONLY))) for path in paths}


def calls():
    found = {}
    for name, number in NUMBERS[MACHINE].items():
        ctypes.set_errno(0)
        result = libc.syscall(number, 0x10000000, 0, 0, 0, 0)
        found[name] = errno.errorcode.get(ctypes.get_errno(), '?') if result == -1 else 'through'
    return found


def sockets():
    kinds = {'vsock': (40, 1, 0), 'alg': (38, 5, 0), 'packet': (17, 3, 0), 'raw': (2, 3, 1), 'mptcp': (2, 1, 262), 'bluetooth': (31, 3, 0)}
    return {name: attempt(lambda: socket.socket(*kind)) for name, kind in kinds.items()}


def setuid():
    found = {}
    for path in ('/usr/bin/su', '/usr/bin/mount', '/usr/bin/passwd', '/usr/bin/newgrp'):
        if os.path.exists(path):
            code = 'import os,sys; sys.exit(os.geteuid() == 0)'
            found[path] = subprocess.call([sys.executable, '-c', code])
    with open('/proc/self/status') as status:
        found['no new privileges'] = 'NoNewPrivs:\t1' in status.read()
    return found


def abstract():
    with open('/proc/net/unix') as table:
        lines = table.read().splitlines()[1:]
    return [line for line in lines if '@' in line]


def processes():
    numbers = [int(name) for name in os.listdir('/proc') if name.isdigit()]
    return {
        'seen': len(set(numbers) - {1, os.getpid()}),
        'kill 1': attempt(lambda: os.kill(1, signal.SIGKILL)),
        'term 1': attempt(lambda: os.kill(1, signal.SIGTERM)),
        'int 1': attempt(lambda: os.kill(1, signal.SIGINT)),
        'shared memory': os.listdir('/dev/shm'),
    }


def imports():
    return {
        'user site': [path for path in sys.path if 'home' in path or 'root/.local' in path],
        'no site': sys.flags.no_user_site,
        'isolated': sys.flags.isolated,
        'writes': {path: attempt(lambda: open(path + '/usercustomize.py', 'w')) for path in sys.path if os.path.isdir(path)},
        'cache': attempt(lambda: os.mkdir(os.path.dirname(os.__file__) + '/__pycache__/x')),
    }


def listen(port):
    server = socket.socket()
    server.bind(('127.0.0.1', port))
    server.listen(1)
    with open('/tmp/same-name', 'x') as file:
        file.write('mine')
    import time
    time.sleep(0.3)
    return os.listdir('/tmp')


def administers():
    libc.mount.restype = ctypes.c_int

    def mounts():
        if libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) != 0:
            raise OSError(ctypes.get_errno(), 'mount')

    return {
        'clock': attempt(lambda: time.clock_settime(time.CLOCK_REALTIME, time.time())),
        'host name': attempt(lambda: socket.sethostname('other')),
        'mount': attempt(mounts),
    }


CASES = {
    'F37': administers,
    'X01': lambda: {path: os.path.exists(path) for path in ['/etc/shadow', '/var/run/docker.sock', '/run', '/var', '/home', '/srv', '/mnt', '/boot', '/sys'] + glob.glob(os.path.join('/root', '*'))},
    'X01 names': lambda: sorted(os.listdir('/')),
    'X01 environment': lambda: sorted(os.environ),
    'X01 namespaces': lambda: {name: os.readlink('/proc/self/ns/' + name) for name in ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts']},
    'X02': reads('/proc/1/environ', '/proc/1/mem', '/proc/1/maps', '/proc/kcore', '/proc/keys', '/proc/1/fd/0', os.path.join('/proc/1/root', 'etc/shadow'), '/proc/kmsg'),
    'X03': writes('/proc/sys/kernel/core_pattern', '/proc/sys/kernel/modprobe', '/proc/sysrq-trigger', '/proc/sys/vm/drop_caches', '/proc/sys/net/ipv4/ip_forward', '/proc/1/oom_score_adj'),
    'X06': processes,
    'X06 sockets': abstract,
    'X06 template': lambda: LOADED_AT,
    'X07': calls,
    'X07 sockets': sockets,
    'X08': setuid,
    'X10': lambda: listen(4555),
    'X11': lambda: [os.symlink('/etc/passwd', '/tmp/result'), os.mkfifo('/tmp/fifo'), os.listdir('/tmp')][-1],
    'X12': lambda: sorted(int(fd) for fd in os.listdir('/proc/self/fd'))[:-1],
    'X13': lambda: {'tty': attempt(lambda: os.open('/dev/tty', os.O_RDWR)), 'session': os.getsid(0)},
    'X14': lambda: resource.getrlimit(resource.RLIMIT_CORE),
    'X15': imports,
}


def workflow(_request, settings):
    import json
    return {'status_code': 200, 'body': json.dumps(CASES[_request['case']]())}
