import errno
import mmap
import os
import subprocess
import sys
import threading
import time


def forks():
    count = 0
    try:
        while True:
            if os.fork() == 0:
                time.sleep(1000)
            count += 1
    except BlockingIOError:
        return count


def threads():
    count = 0
    try:
        while True:
            threading.Thread(target=time.sleep, args=(1000,)).start()
            count += 1
    except (RuntimeError, MemoryError):
        return count


def many_processes_with_memory():
    for _ in range(8):
        if os.fork() == 0:
            held = bytearray(150 * 1024 * 1024)
            for index in range(0, len(held), 4096):
                held[index] = 1
            time.sleep(1000)
    time.sleep(1000)


def shared_memory():
    held = mmap.mmap(-1, 900 * 1024 * 1024)
    for index in range(0, len(held), 4096):
        held[index] = 1
    time.sleep(1000)


def grow():
    held = []
    while True:
        held.append(bytearray(10000000))


def caught():
    try:
        grow()
    except MemoryError:
        return 'caught'


def endless_recursion():
    sys.setrecursionlimit(10 ** 8)

    def recurse():
        return recurse()

    recurse()


def files():
    held = []
    try:
        while True:
            held.append(open('/dev/null'))
    except OSError as error:
        return errno.errorcode[error.errno]


def disk():
    found = {}
    for folder in ('/tmp', '/dev/shm', '/dev', '/', '/usr', '/etc', '/proc'):
        try:
            with open(folder + '/big', 'wb') as file:
                for _ in range(2000):
                    file.write(b'x' * 1000000)
            found[folder] = 'no end'
        except OSError as error:
            found[folder] = errno.errorcode[error.errno]
    return sorted(found.items())


CASES = {
    'forks': forks,
    'threads': threads,
    'fork bomb': lambda: subprocess.call(['sh', '-c', 'b() { b | b & }; b; sleep 0.3']),
    'one allocation': lambda: bytearray(10 ** 10),
    'grows': grow,
    'grows and catches': caught,
    'many processes': many_processes_with_memory,
    'shared memory': shared_memory,
    'endless recursion': endless_recursion,
    'files': files,
    'disk': disk,
    'sparse file': lambda: os.truncate(os.open('/tmp/sparse', os.O_CREAT | os.O_RDWR), 10 ** 9) or 'made',
    'randomness': lambda: len(os.urandom(10 ** 8)),
    'within the limit': lambda: len(bytearray(400 * 1024 * 1024)),
}


def workflow(_request, settings):
    return {'status_code': 200, 'body': repr(CASES[_request['case']]())}
