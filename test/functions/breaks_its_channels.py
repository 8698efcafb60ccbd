import os
import socket
import struct
import sys


def forge(header, payload=b''):
    os.write(3, struct.pack('>II', len(header), len(payload)) + header + payload)


def forged_response(response):
    forge(b'{"status":"succeeded","response":' + response + b',"result":null,"set":{},"deleted":[],"warnings":[]}', b'forged')


def forge_and_never_be_quiet():
    for _ in range(3):
        os.fork()
    forged_response(b'{"status":200,"headers":[]}')
    while True:
        os.write(1, b'still here\n' * 5000)


def close_all():
    for fd in range(4):
        os.close(fd)


CASES = {
    'closes all': close_all,
    'closes the result': lambda: os.close(3),
    'closes output': lambda: os.close(1) or os.close(2),
    'closes sys.stdout': lambda: sys.stdout.close(),
    'forges a result': lambda: forged_response(b'{"status":200,"headers":[["X","y"]]}'),
    'forges a bad status': lambda: forged_response(b'{"status":101,"headers":[]}'),
    'forges a bad header': lambda: forged_response(b'{"status":200,"headers":[["X","a\\r\\nb: c"]]}'),
    'forges settings': lambda: forge(b'{"status":"succeeded","response":null,"set":{"a":"1},{"},"deleted":[]}'),
    'forges nothing': lambda: forge(b'[]'),
    'writes text': lambda: os.write(3, b'hello, this is no frame'),
    'announces 4 GiB': lambda: os.write(3, b'\xff' * 8 + b'x'),
    'partial frame': lambda: os.write(3, struct.pack('>II', 100, 0) + b'{') and os._exit(0),
    'several results': lambda: [forged_response(b'{"status":%d,"headers":[]}' % status) for status in (201, 202, 203)],
    'floods the result': lambda: [os.write(3, b'\0' * 65536) for _ in range(2000)],
    'forges a result and is never quiet': forge_and_never_be_quiet,
    'replaces the result': lambda: os.dup2(1, 3),
    'reads the jobs': lambda: print(repr(os.read(0, 100))),
    'shuts the sockets': lambda: [shut(fd) for fd in (0, 1, 2, 3)],
    'control': lambda: os.write(4, b'\0\0\0\x0f\0\0\0\0{"type":"ended"}'),
    'nothing': lambda: None,
}


def shut(fd):
    try:
        socket.socket(fileno=os.dup(fd)).shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def workflow(_request, settings):
    CASES[_request['case']]()
    return {'status_code': 200, 'body': 'true'}
