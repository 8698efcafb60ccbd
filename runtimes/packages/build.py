"""The first process of a sandbox that resolves or builds packages: passes a port on to the index gateway, and runs uv.

    python -I -S -B packages/build.py '{"port": 4402, "socket": PATH, "command": [...], "memory": BYTES, "file": BYTES}'

The sandbox has an empty network namespace. Its only way out is the gateway's unix socket. Standard library only, Python 3.6
or newer.
"""

import json
import os
import resource
import socket
import subprocess
import sys
import threading

CHUNK = 256 * 1024
MAX_PROCESSES = 512


def main(options):
    limit(options)
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('127.0.0.1', options['port']))
    server.listen(256)
    start(accept, server, options['socket'])
    return subprocess.call(options['command'], stdin=subprocess.DEVNULL)


def limit(options):
    """Bounds each process. The server bounds time and disk, and ends the whole sandbox."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (MAX_PROCESSES, MAX_PROCESSES))
    resource.setrlimit(resource.RLIMIT_DATA, (options['memory'], options['memory']))
    resource.setrlimit(resource.RLIMIT_FSIZE, (options['file'], options['file']))


def start(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()


def accept(server, path):
    while True:
        client, _ = server.accept()
        gateway = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            gateway.connect(path)
        except OSError:
            client.close()
            continue
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start(copy, client, gateway)
        start(copy, gateway, client)


def copy(source, target):
    """Passes bytes on until the source ends, then closes the target."""
    try:
        while True:
            data = source.recv(CHUNK)
            if not data:
                break
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RD if end is source else socket.SHUT_WR)
        except OSError:
            pass


if __name__ == '__main__':
    sys.exit(main(json.loads(sys.argv[1])))
