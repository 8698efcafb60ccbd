"""First process of a build sandbox. Forwards a port to the index gateway and runs uv or npm.

    python -I -S -B packages/build.py '{"port": 4402, "socket": PATH, "memory": BYTES, "file": BYTES}'

The sandbox has an empty network namespace. Only the gateway's unix socket leads out. Standard library only, Python
3.6 or newer.

Each line of stdin is a step: `{"command": [...], "verify": FOLDER, "cache": FOLDER, "lock": FILE, "imports":
[NAME...], "patient": BOOLEAN, "print": FILE, "move": [FROM, TO], "trim": BYTES, "mark": TEXT}`. After a step, both
streams get a newline, then a line with the mark and the exit code. Most fields may be null:

- `verify`: the folder of uv's installation. uv does not check files that it unpacked earlier, so each installed file
  is compared with the hash in its package's RECORD, then compiled. A last line of stdout describes the installation.
- `cache`: uv's cache, which also keeps the bytecode (bytecode.py).
- `lock`: the lock to install. If all packages were installed before, the command is skipped (known.py). Otherwise
  files of the cache are hashed and compiled while uv works (ahead.py).
- `imports`: modules to compile with their imports (needed.py). Null compiles everything.
- `patient`: runs with the lowest priority.
- `print`: a file to print instead of the command's output.
- `move`: a folder to move after the command.
- `trim`: the bytes that the cache may keep (trim.py). Only for a step without a command.
"""

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from packages import bytecode, known  # noqa: E402
from packages.ahead import Ahead  # noqa: E402
from packages.files import Files, hashed, read_records  # noqa: E402
from packages.helpers import HelperEnded, Helpers  # noqa: E402
from packages.needed import Needed  # noqa: E402
from packages.trim import shared, trim  # noqa: E402

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
    helpers = Helpers()
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('127.0.0.1', options['port']))
    server.listen(256)
    start(accept, server, options['socket'])
    for line in sys.stdin:
        step = json.loads(line)
        code = take(step, helpers, options['work'])
        for stream in (sys.stdout, sys.stderr):
            # The newline ends the command's output, so that a line cut by the server cannot contain the mark.
            stream.write('\n%s %d\n' % (step['mark'], code))
            stream.flush()
    # The forwarding threads never end.
    os._exit(0)


def take(options, helpers, work):
    """Runs a step. Returns its exit code."""
    if options['trim'] is not None:
        kept = trim(work, options['trim'])
        sys.stdout.write('kept: %d bytes\n' % kept)
        return 0
    with shared(work):
        return install(options, helpers) if options['verify'] is not None else call(options)


def call(options):
    output = None if options['print'] is None else sys.stderr
    code = subprocess.call(options['command'], stdin=subprocess.DEVNULL, stdout=output)
    if code == 0 and options['print'] is not None:
        with open(options['print'], 'rb') as content:
            shutil.copyfileobj(content, sys.stdout.buffer)
    if code == 0 and options['move'] is not None:
        move(*options['move'])
    return code


def install(options, helpers):
    """Installs, verifies and compiles. Returns the exit code."""
    folder, cache = options['verify'], options['cache']
    files = Files(helpers, os.path.join(os.path.dirname(folder), 'bytecode'))
    needed = None if options.get('imports') is None else Needed(files, options['imports'])
    try:
        if options.get('patient'):
            helpers.be_patient()
        linked = None if cache is None else known.link(folder, cache, options['lock'], files)
        if linked is not None:
            return finish(options, helpers, files, needed, linked)
        ahead = None if cache is None else Ahead(files, cache, options['lock'], needed)
        process = subprocess.Popen(options['command'], stdin=subprocess.DEVNULL)
        if ahead is not None:
            ahead.start()
        code = process.wait()
        if ahead is not None:
            ahead.stop()
        return code or finish(options, helpers, files, needed)
    except HelperEnded:
        sys.stderr.write('a process that compares and compiles the installed files ended before its time\n')
        return 1


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


def finish(options, helpers, files, needed, linked=None):
    """Verifies and compiles the installation, and records it. `linked`: the bytes and bytecode paths if all packages
    were installed before. Returns 1, after a message on stderr, if a file does not match its package. Nothing is
    compiled or cached in that case.
    """
    folder, cache = options['verify'], options['cache']
    records = list(read_records(folder)) if os.path.isdir(folder) else []
    # Measures in parallel with the comparison, which mostly runs in this process.
    size, paths = linked or (None, None)
    sizes = [] if linked is None else [size]
    measuring = threading.Thread(target=lambda: sizes.extend(helpers.map('measure', [folder] if linked is None else [])))
    measuring.start()
    changed = find_changed(folder, records, files) or bytecode.find_changed(folder, records, files, cache, paths)
    measuring.join()
    if not sizes:
        raise HelperEnded()
    if changed is not None:
        sys.stderr.write('%s of %s differs from the hash in the RECORD of its package: its wheel is not what it says, or the cache of '
                         'packages was changed. Remove the folder environments/wheels/cache of the data directory, then build again; '
                         'where this comes again, the wheel is broken\n' % (changed[1], changed[0]))
        return 1
    compiled, left = bytecode.complete(folder, records, files, cache, needed)
    size = sizes[0] + sum(os.path.getsize(path) for path in compiled)
    if cache is not None and (linked is None or compiled):
        known.note(folder, list(read_records(folder)), cache, options['lock'])
    sys.stdout.write('installed: %d bytes, %d files without bytecode\n' % (size, left))
    return 0


def find_changed(folder, records, files):
    """Returns (package, path) of a file whose digest differs from its RECORD, or None."""
    rows = [(package, path, digest) for package, _, rows in records for path, digest in hashed(folder, rows)]
    digests = files.digests_of([os.path.join(folder, path) for _, path, _ in rows])
    return next(((package, path) for (package, path, digest), found in zip(rows, digests) if found != digest), None)


if __name__ == '__main__':
    sys.exit(main(json.loads(sys.argv[1])))
