import atexit
import os
import signal
import socket
import subprocess
import sys
import threading
import time


class Late(object):
    def __del__(self):
        raise RuntimeError('late')


def daemon():
    begun, begins = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            listener = socket.socket()
            listener.bind(('127.0.0.1', 4321))
            listener.listen(1)
            print('daemon up', flush=True)
            os.write(begins, b'x')
            while True:
                print('x' * 1000, flush=True)
                time.sleep(0.01)
        os._exit(0)
    os.close(begins)
    os.read(begun, 1)


def threads():
    spoken = threading.Event()

    def talk():
        while True:
            time.sleep(0.001)
            print('thread')
            spoken.set()

    for _ in range(5):
        threading.Thread(target=talk).start()
    spoken.wait()


def files():
    os.makedirs('/tmp/a/b')
    os.symlink('/etc/passwd', '/tmp/link')
    os.mkfifo('/tmp/fifo')
    for path in ('/tmp/a/b/file', '/dev/shm/file'):
        with open(path, 'w') as file:
            file.write('left')
    os.chmod('/tmp/a', 0)


def many_files():
    for number in range(3000):
        open('/tmp/%d' % number, 'w').close()


def process():
    os.chdir('/usr')
    os.umask(0o777)
    os.nice(1)
    os.environ['LEFT'] = '1'
    import builtins
    import json
    json.dumps = json.loads = None
    builtins.open = builtins.len = builtins.isinstance = builtins.print = None
    socket.socket = None
    time.sleep = time.perf_counter = None
    os.read = os.write = os._exit = os.dup2 = os.fork = None
    sys.path.append('/left')
    sys.modules['left'] = sys


def hangs_at_exit():
    atexit.register(lambda: time.sleep(1000))
    globals()['late'] = Late()
    globals()['late'] = None
    sys.excepthook = None


CASES = {
    'daemon': daemon,
    'threads': threads,
    'files': files,
    'many files': many_files,
    'locked home': lambda: os.chmod('/tmp', 0o500),
    'process': process,
    'hangs at exit': hangs_at_exit,
    'alarm': lambda: signal.setitimer(signal.ITIMER_REAL, 600),
    'nonblocking': lambda: [os.set_blocking(fd, False) for fd in (0, 1, 2, 3)],
    'sleeper': lambda: subprocess.Popen(['sleep', '1000']),
    'nothing': lambda: None,
}


def look():
    return {
        'alarm': signal.getitimer(signal.ITIMER_REAL) != (0.0, 0.0),
        'processes': sorted(name for name in os.listdir('/proc') if name.isdigit() and name != '1' and int(name) != os.getpid()),
        'files': sorted(os.listdir('/tmp') + os.listdir('/dev/shm')),
        'cwd': os.getcwd(),
        'umask': os.umask(0o022),
        'modules': 'left' in sys.modules,
        'environment': 'LEFT' in os.environ,
        'path': '/left' in sys.path,
        'open': callable(open),
        'blocking': [os.get_blocking(fd) for fd in (1, 2, 3)],
    }


def workflow(_request, settings):
    found = repr(sorted(look().items()))
    CASES[_request['case']]()
    return {'status_code': 200, 'body': found}
