import ctypes
import io
import logging
import os
import subprocess
import sys
import threading
import warnings


def lines(count):
    for number in range(count):
        print('line', number)


def both():
    print('one')
    sys.stderr.write('two\n')
    os.write(1, b'three\n')
    subprocess.check_call(['sh', '-c', 'echo four; echo five >&2'])
    libc = ctypes.CDLL(None)
    libc.puts(b'six')
    libc.fflush(None)
    logging.info('seven')
    logging.getLogger('a.b').warning('eight')
    logging.debug('not shown')
    warnings.warn('nine')
    thread = threading.Thread(target=lambda: print('ten'))
    thread.start()
    thread.join()


def own_logging():
    logging.basicConfig(format='own %(message)s', level=logging.DEBUG, stream=sys.stdout)
    logging.debug('shown')


def replaced():
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, 'w', closefd=False)))
    sys.stderr = None
    sys.settrace(lambda *_: None)
    print('replaced')


CASES = {
    'both': both,
    'lines': lambda: lines(3),
    'no newline': lambda: print('unfinished', end=''),
    'then dies': lambda: print('unfinished', end='') or os._exit(1),
    'junk': lambda: os.write(1, b'a\xff\xfe\x00\x1b[31m\r\nb\n') and sys.stdout.buffer.write(b'c\xe2\x82\n'),
    'surrogate': lambda: print('a\ud800b \u20ac'),
    'a lot': lambda: [print('x' * 1023) for _ in range(3000)],
    'one long line': lambda: [os.write(1, b'y' * 1000000) for _ in range(20)],
    'forged frame': lambda: os.write(1, b'\0\0\0\x02\0\0\0\0{}\n') and print('{"type":"ended"}'),
    'own logging': own_logging,
    'replaced': replaced,
    'closed': lambda: sys.stdout.close(),
    'many empty lines': lambda: os.write(1, b'\n' * 2000000),
}


def workflow(_request, settings):
    CASES[_request['case']]()
