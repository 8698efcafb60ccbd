"""First process of a build sandbox. Forwards a port to the index gateway and runs one step of uv or npm.

    python -I -S -B build.py '{"port": 4402, "socket": PATH, "memory": BYTES, "file": BYTES, "work": FOLDER, "step": {…}}'

The sandbox has an empty network namespace. Only the gateway's unix socket leads out. The exit code is that of the
step, whose fields are all optional (src/workers/packages/build-step.ts):

- `command`: the program to run
- `verify`: a folder that the command installs. uv does not check files that it unpacked earlier, so each installed
  file is compared with the hash in its package's RECORD. Then the folder is compiled (verify.py).
- `print`: a file to print instead of the command's output
- `move`: a folder to move after the command
- `trim`: the bytes that the cache may keep (trim.py), without a command

Standard library only, Python 3.6 or newer.
"""
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from trim import shared, trim  # noqa: E402
from verify import compile_all, find_changed  # noqa: E402

try:
    import ctypes
    libc = ctypes.CDLL(None)
except (ImportError, OSError):
    libc = None

PR_SET_DUMPABLE = 4
CHUNK = 256 * 1024
MAX_PROCESSES = 512


def main(options):
    limit(options)
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('127.0.0.1', options['port']))
    server.listen(256)
    start(accept, server, options['socket'])
    code = take(options['step'], options['work'])
    sys.stdout.flush()
    # The forwarding threads never end.
    os._exit(code)


def take(step, work):
    """Runs a step. Returns its exit code."""
    if 'trim' in step:
        sys.stdout.write('kept: %d bytes\n' % trim(work, step['trim']))
        return 0
    with shared(work):
        output = sys.stderr if 'print' in step else None
        code = subprocess.call(step['command'], stdin=subprocess.DEVNULL, stdout=output)
        if code:
            return code
        if 'print' in step:
            with open(step['print'], 'rb') as content:
                shutil.copyfileobj(content, sys.stdout.buffer)
        if 'move' in step:
            move(*step['move'])
        return verify(step['verify']) if 'verify' in step else 0


def limit(options):
    """Limits each process. The server limits time and disk, and ends the whole sandbox."""
    # Programs of packages have the same user. They must not read this process's memory or files.
    if libc is not None:
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
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
    """Copies bytes until the source ends, then closes the target."""
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


def move(folder, target):
    """Moves a folder, or creates an empty one. A lock may have no package for this machine."""
    os.makedirs(os.path.dirname(target))
    if os.path.isdir(folder):
        os.rename(folder, target)
    else:
        os.mkdir(target)


def verify(folder):
    """Verifies and compiles an installation. Returns 1, after a message on stderr, if a file does not match."""
    # A lock may have no package for this machine.
    os.makedirs(folder, exist_ok=True)
    changed = find_changed(folder)
    if changed is not None:
        sys.stderr.write('%s of %s differs from the hash in the RECORD of its package: its wheel is not what it says, or the cache of '
                         'packages was changed. Remove the folder environments/wheels/cache of the data directory, then build again; '
                         'where this comes again, the wheel is broken\n' % (changed[1], changed[0]))
        return 1
    compile_all(folder)
    return 0


if __name__ == '__main__':
    main(json.loads(sys.argv[1]))
