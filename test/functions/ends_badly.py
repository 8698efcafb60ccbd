import ctypes
import os
import signal
import sys
import threading
import time


def block_signals():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, 65)) - {32, 33})
    while True:
        time.sleep(1)


def deadlock():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def two_threads():
    locks = [threading.Lock(), threading.Lock()]
    both_hold_one = threading.Barrier(2)

    def take(first, second):
        with first:
            both_hold_one.wait()
            with second:
                pass

    threads = [threading.Thread(target=take, args=order) for order in (locks, locks[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def backtrack():
    import re
    re.match('(a+)+$', 'a' * 40 + 'b')


def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(1000)
        os._exit(0)
    time.sleep(1000)


CASES = {
    '_exit 0': lambda: os._exit(0),
    '_exit 3': lambda: os._exit(3),
    'abort': os.abort,
    'kill 9': lambda: os.kill(os.getpid(), 9) or time.sleep(5),
    'segfault': lambda: ctypes.string_at(0),
    'kills everything': lambda: os.kill(-1, 9) or time.sleep(5),
    'endless': lambda: [None for _ in iter(int, 1)] or None,
    'endless loop': lambda: loop(),
    'endless in C': lambda: 10 ** 10 ** 8,
    'backtracking': backtrack,
    'blocks signals': block_signals,
    'sleeps': lambda: time.sleep(10 ** 8),
    'deadlock': deadlock,
    'two threads': two_threads,
    'daemon': daemon,
    'waits for input': lambda: sys.stdin.read() == '' and input(),
}


def loop():
    while True:
        pass


def workflow(_request, settings):
    settings['changed'] = True
    print('before', end='')
    CASES[_request['case']]()
