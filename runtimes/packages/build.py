"""The first process of a sandbox that resolves or builds packages: passes a port on to the index gateway, and runs uv or npm.

    python -I -S -B packages/build.py '{"port": 4402, "socket": PATH, "memory": BYTES, "file": BYTES}'

The sandbox has an empty network namespace. Its only way out is the gateway's unix socket. Standard library only, Python 3.6
or newer. Each line of stdin is a step: `{"command": [...], "verify": FOLDER, "cache": FOLDER, "print": FILE, "move": [FROM, TO],
"mark": TEXT}`. After it, both streams get a line with the mark and the exit code.
`verify`: the folder with what uv installed, or null. uv does not look at the files of its cache again that it unpacked earlier, so each
installed file is compared with the hash in its package's RECORD. `cache`: uv's, which also keeps the bytecode (bytecode.py), or null.
`print`: a file that is printed afterwards, in the place of what the command prints, or null. `move`: a folder that is moved afterwards, or null.
"""

import base64
import csv
import hashlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from packages import bytecode  # noqa: E402

CHUNK = 256 * 1024
MAX_PROCESSES = 512
# Hashing and reading let other threads run.
HASHERS = 4


def main(options):
    limit(options)
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('127.0.0.1', options['port']))
    server.listen(256)
    start(accept, server, options['socket'])
    for line in sys.stdin:
        step = json.loads(line)
        code = take(step)
        for stream in (sys.stdout, sys.stderr):
            stream.write('%s %d\n' % (step['mark'], code))
            stream.flush()
    # The threads that pass bytes on wait for ever.
    os._exit(0)


def take(options):
    """Takes a step. Returns its exit code."""
    output = None if options['print'] is None else sys.stderr
    process = subprocess.Popen(options['command'], stdin=subprocess.DEVNULL, stdout=output)
    if options['verify'] is not None:
        # 35 ms, while uv works. A resolution does not need it.
        import concurrent.futures.thread  # noqa: F401
    code = process.wait()
    if code == 0 and options['verify'] is not None:
        return verify(options['verify'], options['cache'])
    if code == 0 and options['print'] is not None:
        with open(options['print'], 'rb') as content:
            shutil.copyfileobj(content, sys.stdout.buffer)
    if code == 0 and options['move'] is not None:
        move(*options['move'])
    return code


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


def move(folder, target):
    """Moves a folder, or makes an empty one where there is none: a lock may have no package that fits this machine."""
    os.makedirs(os.path.dirname(target))
    if os.path.isdir(folder):
        os.rename(folder, target)
    else:
        os.mkdir(target)


def verify(folder, cache):
    """Returns 1 if an installed file is not what its package says, after a message on standard error; then nothing is kept in the cache."""
    from concurrent.futures import ThreadPoolExecutor
    records = list(read_records(folder))
    changed = None
    with ThreadPoolExecutor(HASHERS) as hashers:
        for package, _, rows in records:
            wrong = (row[0] for row, is_wrong in zip(rows, hashers.map(lambda row: is_changed(folder, row), rows)) if is_wrong)
            changed = next(((package, path) for path in wrong), None)
            if changed is not None:
                break
    changed = changed or bytecode.find_changed(folder, records, lambda row: not is_changed(folder, row))
    if changed is not None:
        sys.stderr.write('%s of %s differs from the hash in the RECORD of its package: its wheel is not what it says, or the cache of '
                         'packages was changed. Remove the folder environments/wheels/cache of the data directory, then build again; '
                         'where this comes again, the wheel is broken\n' % (changed[1], changed[0]))
        return 1
    if cache is not None:
        bytecode.keep(folder, records, cache, digest_of)
    return 0


def read_records(folder):
    """Yields each package with its version, its folder of facts, and the rows of its RECORD."""
    for name in sorted(os.listdir(folder)):
        record = os.path.join(folder, name, 'RECORD')
        if name.endswith('.dist-info') and os.path.isfile(record):
            with open(record, encoding='utf-8', newline='') as lines:
                yield name[:-len('.dist-info')].replace('-', ' '), name, [row for row in csv.reader(lines) if row]


def is_changed(folder, row):
    """Whether the file of a row `path, sha256=DIGEST, size` has another digest. Rows without one are those of RECORD itself."""
    algorithm, _, digest = row[1].partition('=') if len(row) > 1 else ('', '', '')
    path = os.path.normpath(os.path.join(folder, row[0]))
    if algorithm != 'sha256' or not path.startswith(folder + os.sep):
        return False
    try:
        return digest_of(path) != 'sha256=' + digest.rstrip('=')
    except OSError:
        return True


def digest_of(path):
    """The digest of a file as a RECORD names it."""
    with open(path, 'rb') as content:
        found = hashlib.sha256()
        for block in iter(lambda: content.read(CHUNK), b''):
            found.update(block)
    return 'sha256=' + base64.urlsafe_b64encode(found.digest()).rstrip(b'=').decode()


if __name__ == '__main__':
    sys.exit(main(json.loads(sys.argv[1])))
