"""The template of JavaScript. Each run gets a fork of a Node process that has loaded the source. If a fork would
differ from a new process, a Node process is started for each run ahead of time.

The processes run runtimes/node. One prepares the source once. Each of the others serves one run, or several if the
workflow reuses its process. They never run simultaneously, because they have the same user.
"""
import fcntl
import json
import os
import platform
import resource
import signal
import socket
import struct
import time

from . import cleanup, frames, node_stacks, streams
from ..confinement import limits

DEFAULT_MEMORY = 512 * limits.MIB
# Descriptors of a Node process. 0 to 3 are as in Python.
TEMPLATE, JOBS = 4, 5
# A slower module is bounded by the run's time limit.
LOAD_SECONDS = 2.0
# The source and its modules as JSON, without types.
MAX_MESSAGE = 8 * limits.MIB
# Derived from the longest time limit. The server's timer normally ends a run first.
CPU_SECONDS = 3600 * (os.cpu_count() or 1) + 30

# A busy machine delays a fork, but a broken process never answers.
FORK_SECONDS = 10.0

_NODE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'node')
_PROGRAM = os.path.join(_NODE, 'main.cjs')
_ADDON = os.path.join(_NODE, 'fork', 'linux-{}.node'.format({'x86_64': 'x64', 'aarch64': 'arm64'}.get(platform.machine())))
# Fewer threads start faster, and a fork lacks the engine's.
_THREADS = {'fork': ['--v8-pool-size=0', '--single-threaded']}
_FLAGS = ['--use-openssl-ca', '--disable-warning=ExperimentalWarning', '--no-deprecation',
          '--inspect-publish-uid=http', '--inspect-port=127.0.0.1:' + str(node_stacks.PORT)]


class NodeProcess(object):
    def __init__(self, pid, channel):
        self.pid, self.channel = pid, channel

    def send(self, header, payload=b''):
        try:
            frames.write_frame(self.channel.fileno(), header, payload)
        except OSError:  # it has ended
            pass

    def ask_for_fork(self, channel):
        """Returns the pid of a fork, which gets the descriptor `channel`."""
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack('=i', channel))
        self.channel.sendmsg([b'f'], [rights])
        return struct.unpack('=i', self._read(4, time.monotonic() + FORK_SECONDS))[0]

    def receive(self, seconds=None):
        """Returns the next message as (header, bytes), or None if the process ended or the time ran out.

        User code can write to the channel, so size and time are limited.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            header, payload = struct.unpack('>II', self._read(8, deadline))
            if header + payload > MAX_MESSAGE:
                return None
            data = self._read(header + payload, deadline)
            return json.loads(data[:header].decode('utf-8')), data[header:]
        except (OSError, ValueError):
            return None

    def _read(self, length, deadline):
        parts = []
        while length:
            self.channel.settimeout(None if deadline is None else max(0.001, deadline - time.monotonic()))
            part = self.channel.recv(min(length, 1 << 20))
            if not part:
                raise ValueError('the process has ended')
            parts.append(part)
            length -= len(part)
        return b''.join(parts)


class Template(object):
    """Data for every process of this sandbox."""

    def __init__(self, options, isolate_child):
        self.options = options
        self.executable = options['node']
        self.home = options['home']
        self.isolate_child = isolate_child
        self.writable_dirs = cleanup.WritableDirs(options['writable_dirs'])
        self.base = None
        self.memory = DEFAULT_MEMORY
        self.variables = {}
        self.message = None
        self.parent = None

    def start(self, role):
        """Starts a process and waits until it has booted."""
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            try:
                self._become_node(role, theirs.fileno())
            finally:
                os._exit(127)
        theirs.close()
        process = NodeProcess(pid, ours)
        process.receive()
        return process

    def next(self):
        """Returns a process for the next run, or None if `parent` does not fork any more."""
        if self.parent is not None:
            return self._fork()
        process = self.start('serve')
        process.send(*self.message)
        process.receive(LOAD_SECONDS)
        return process

    def _fork(self):
        ours, theirs = socket.socketpair()
        try:
            # The last run may have stopped it.
            os.kill(self.parent.pid, signal.SIGCONT)
            pid = self.parent.ask_for_fork(theirs.fileno())
            if pid > 0:
                return NodeProcess(pid, ours)
        except (OSError, ValueError):
            pass
        finally:
            theirs.close()
        ours.close()
        return None

    def end(self, process):
        process.channel.close()
        cleanup.kill_children()

    def kill_others(self):
        """Ends all processes of a run. Raises OSError if some survive."""
        if self.parent is None:
            cleanup.kill_children()
        else:
            cleanup.kill_all_but(self.parent.pid)

    def _become_node(self, role, channel):
        self.isolate_child()
        limits.show_process()
        flags = _FLAGS + _THREADS.get(role, ['--v8-pool-size=2'])
        if role == 'prepare':
            flags += ['--experimental-vm-modules', '--expose-internals', '--no-warnings']
        else:
            flags.append('--max-old-space-size={}'.format(self.memory // limits.MIB * 7 // 8))
            # Node reserves about 600 MiB that it never uses: the limit is relative to an idle process.
            size = self.base + self.memory + limits.RESERVE
            resource.setrlimit(resource.RLIMIT_DATA, (size, size))
            limits.limit_cpu(CPU_SECONDS)
        jobs, channel = fcntl.fcntl(0, fcntl.F_DUPFD, 64), fcntl.fcntl(channel, fcntl.F_DUPFD, 64)
        for fd, number in ((os.open('/dev/null', os.O_RDONLY), 0), (channel, TEMPLATE), (jobs, JOBS)):
            os.dup2(fd, number)
        limits.close_from(JOBS + 1)
        os.execve(self.executable, [self.executable] + flags + [_PROGRAM, role], self._environment(role))

    def _environment(self, role):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(('PYTHON', 'MALLOC_'))}
        kept['PATH'] = os.path.dirname(self.executable) + ':' + kept.get('PATH', '')
        kept.update(self.variables)
        if role == 'fork':
            kept['LD_PRELOAD'] = _ADDON
        return kept


def main(options, isolate_child):
    streams.install()
    # Process 1 of a PID namespace receives only handled signals.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # A function could read other processes of its user.
    limits.hide_process()
    template = Template(options, isolate_child)
    preparer = template.start('prepare')
    template.base = _data_bytes(preparer.pid)
    role = 'fork' if options['forks'] and os.path.exists(_ADDON) else 'serve'
    server = template.start(role)
    node_stacks.install_handler(server.pid)
    frames.write_frame(frames.CONTROL, {'type': 'booted', 'version': '24'})
    message = frames.read_frame(frames.JOBS)
    if message is None:
        return
    server = _load(template, message, preparer, server, role)
    if server is not None:
        _serve(template, server)


def _load(template, message, preparer, server, role):
    """Prepares and loads the source, and reports to the server. Returns the process of the first run, or None."""
    options, payload = message
    started = time.perf_counter()
    template.variables = options['variables']
    preparer.send(options, payload)
    answer = preparer.receive()
    preparer.channel.close()
    os.wait4(preparer.pid, 0)
    if answer is None or answer[0].get('type') != 'prepared':
        _report_load_error(answer)
        return None
    sources = json.loads(payload[options['source_bytes']:].decode('utf-8'))
    sources['workflow.ts'] = payload[:options['source_bytes']].decode('utf-8', 'surrogatepass')
    content = b'{"code":' + answer[1] + b',"sources":' + json.dumps(sources).encode('ascii') + b'}'
    header = {name: options[name] for name in ('kind', 'reuse', 'limits', 'outbound')}
    template.message = (dict(
        header, home=template.home, packages=template.options['packages'], durable=options.get('durable', False)), content)
    needed = 'serve' if options['reuse'] else role
    if options['memory'] != template.memory or options['variables'] or needed != role:
        template.memory = options['memory']
        template.end(server)
        server = template.start(needed)
    node_stacks.watch(server.pid)
    server.send(*template.message)
    answer = server.receive()
    if answer is None or answer[0].get('type') != 'loaded':
        _report_load_error(answer)
        return None
    obstacle = answer[0].get('obstacle')
    if answer[0].get('is_template') is True:
        if template.writable_dirs.is_empty():
            template.parent = server
        else:
            obstacle = 'written_files'
            template.end(server)
            template.writable_dirs.clear()
        server = template.next()
    frames.write_frame(frames.CONTROL, {
        'type': 'loaded', 'forkable': server is not None, 'obstacle': obstacle,
        'load_ms': (time.perf_counter() - started) * 1000})
    return server


def _report_load_error(answer):
    header = answer[0] if answer is not None else {}
    if header.get('type') == 'load_error':
        frames.write_frame(frames.CONTROL, header)
    # The process died without an answer.


def _serve(template, server):
    state = limits.inherited_state()
    while server is not None:
        node_stacks.watch(server.pid)
        frames.write_frame(frames.CONTROL, {'type': 'ready'})
        try:
            frames.write_frame(frames.CONTROL, _wait_for(template, server))
            server.channel.close()
            template.kill_others()
        except OSError:
            break
        unchanged = streams.restore_pipes() and limits.inherited_state() == state
        if not (template.writable_dirs.clear() and unchanged):
            break
        server = template.next()
    frames.write_frame(frames.CONTROL, {'type': 'retire'})


def _wait_for(template, server):
    """Waits for the end of the process, or kills it if it was alone. Cleans up between runs of a reused process.

    Returns the message about its end.
    """
    while True:
        message = server.receive()
        if message is None:
            break
        if message[0].get('type') == 'clean':
            server.send(_clean(template, server))
        if message[0].get('type') == 'done':
            if template.parent is not None:
                os.kill(server.pid, signal.SIGKILL)
                break
            is_alone = cleanup.is_only_process(server.pid)
            cleanup.kill_all()
            if not is_alone:
                break
            # Freeing a Node process's memory takes 3 ms more.
            return {'type': 'ended', 'exit': None, 'signal': signal.SIGKILL, 'peak': 0}
    _, status, usage = os.wait4(server.pid, 0)
    template.kill_others()
    return {
        'type': 'ended',
        # Status of wait(2): signal in the low seven bits, then the exit code.
        'exit': None if status & 0x7F else status >> 8,
        'signal': status & 0x7F or None,
        'peak': usage.ru_maxrss * 1024}


def _clean(template, server):
    """Returns the answer to `clean`: whether it worked, and whether the process has children to reap."""
    try:
        killed = cleanup.kill_all_but(server.pid)
        return {'clean': template.writable_dirs.clear() and streams.restore_pipes(), 'killed': killed}
    except OSError:
        return {'clean': False}


def _data_bytes(pid):
    with open('/proc/{}/statm'.format(pid), 'rb') as statm:
        return int(statm.read().split()[5]) * os.sysconf('SC_PAGE_SIZE')
