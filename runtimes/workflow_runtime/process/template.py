"""Loads the workflow once, forks a child for each run ahead of time, and cleans up after the child."""
import gc
import importlib
import itertools
import json
import os
import select
import signal
import sys
import time

# First, to import `logging` and `threading` without fork hooks.
from . import forking
from . import child, cleanup, frames, stacks, streams, supervisor
from ..confinement import limits
from ..function import loader, modules
from ..outgoing import hooks, permits, recorder

# A module may patch Python.
_fork, _wait4, _waitpid, _exit = forking.fork, os.wait4, os.waitpid, os._exit
_chdir, _umask, _listdir = os.chdir, os.umask, os.listdir
_signal, _getsignal, _setitimer = signal.signal, signal.getsignal, signal.setitimer
_settrace, _setprofile = sys.settrace, sys.setprofile
_collect, _freeze, _disable = gc.collect, getattr(gc, 'freeze', None), gc.disable
_clock, _count = time.perf_counter, itertools.count
_open, _select = open, select.select
# A second fork takes a third of the CPU of a sandbox that runs once, as for thousands of scheduled workflows.
_SECOND_AHEAD_SECONDS = 5
_modules = sys.modules
# Faster loads need no waiting sandbox.
_SLOW_SECONDS = 0.05
_SIGNALS, _SIGCHLD, _SIG_DFL, _WNOHANG = range(1, signal.NSIG), signal.SIGCHLD, signal.SIG_DFL, os.WNOHANG


def main(text):
    """`text`: OPTIONS of protocol.md."""
    options = json.loads(text)
    if os.getpid() == 1:
        limits.limit_template(limits.MAX_PROCESSES)
    else:
        supervisor.supervise_template(limits.count_processes_of_user())
    _install_egress(options['egress'], options['home'] if options['landlock'] else '')
    isolate_child = _restrict(options)
    if options['node']:
        from . import node_template
        return node_template.main(options, isolate_child)
    streams.install()
    import_ahead(options)
    reset_interrupt()
    stacks.install_handler()
    serve_source(options, isolate_child)


def import_ahead(options):
    """Makes the packages importable, and imports those that user code will need."""
    sys.path[:] = sys.path[1:] + ([options['packages']] if options['packages'] else [])
    _make_exit_functions()
    hooks.install()
    for name in options['preload']:
        importlib.import_module(name)


def serve_source(options, isolate_child):
    """Serves the runs of one source inside the sandbox. Returns when the server has closed the pipe of jobs."""
    writable_dirs = cleanup.WritableDirs(options['writable_dirs'])
    frames.write_frame(frames.CONTROL, {'type': 'booted', 'version': sys.version.split()[0]})
    message = frames.read_frame(frames.JOBS)
    if message is not None and message[0]['type'] == 'import':
        _import(options['home'], writable_dirs, message[0])
        message = frames.read_frame(frames.JOBS)
    if message is not None:
        template = _load(options, writable_dirs, message, isolate_child)
        if template is not None:
            _serve(template)


def _make_exit_functions():
    """`-S` omits `exit` and `quit` together with the host's packages."""
    import site
    site.setquit()


def _install_egress(egress, home):
    if egress:
        from ..confinement import network
        network.install(frames.EGRESS, home)
        network.explain_refusals()
    limits.close_from(frames.EGRESS)


def _restrict(options):
    """Applies Landlock if requested. Returns the function that each child must call first."""
    if not options['landlock']:
        return limits.die_with_parent
    from ..confinement import landlock
    landlock.restrict(options['home'], options['landlock']['readable'], options['landlock']['filter'])
    return isolation_by_landlock()


def isolation_by_landlock():
    from ..confinement import landlock

    def isolate_child():
        limits.die_with_parent()
        landlock.block_signals_to_template()
    return isolate_child


def reset_interrupt():
    """Removes Python's SIGINT handler. Process 1 of a PID namespace receives only handled signals."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _import(home, writable_dirs, message):
    """Imports modules ahead of the source, and reports whether this process can still fork for any source."""
    limits.limit_import(message['memory'])
    try:
        for name in message['modules']:
            importlib.import_module(name)
        imported = True
    except BaseException:  # an import may also exit
        imported = False
    limits.release_reserve()
    _undo_module_changes(home)
    streams.flush()
    frames.write_frame(frames.CONTROL, {'type': 'imported', 'forkable': imported and _find_obstacle(writable_dirs) is None})


def _load(settings, writable_dirs, message, isolate_child):
    """Loads the source and reports to the server. Returns None if no child can be forked. `settings`: OPTIONS of
    protocol.md.
    """
    options, payload = message
    home, imports = settings['home'], []
    source = payload[:options['source_bytes']].decode('utf-8', 'surrogatepass')
    source = source[1:] if source.startswith('\ufeff') else source
    os.environ.update(options['variables'])
    modules.install(json.loads(payload[options['source_bytes']:].decode('utf-8')))
    if options.get('durable'):
        # Its imports are too slow for other templates.
        from ..function import workflows
        sys.modules['workflows'] = workflows
    if options['outbound'] != recorder.LIVE:
        recorder.limit(options['outbound'])
        permits.install()
    started = _clock()
    function, obstacle = None, None
    if not options['in_child']:
        limits.limit_memory(options['memory'], limits.memory_base(), options['memory'] + limits.RESERVE)
        try:
            function = loader.load(source, options['kind'])
            if _clock() - started > _SLOW_SECONDS:
                imports = [name for name in options['imports'] if _is_package(name, settings['packages'])]
        except loader.LoadError as error:
            streams.flush()
            frames.write_frame(frames.CONTROL, dict(error.report, type='load_error'))
            return None
        finally:
            _undo_module_changes(home)
        obstacle = _find_obstacle(writable_dirs)
    streams.flush()
    _collect()
    if _freeze is not None:
        # The first garbage collection in each child would copy every page of the template.
        _freeze()
    template = child.Template(options, home, writable_dirs, source, function, isolate_child)
    limits.hide_process()
    frames.write_frame(frames.CONTROL, {
        'type': 'loaded', 'forkable': obstacle is None, 'obstacle': obstacle,
        'load_ms': (_clock() - started) * 1000, 'imports': imports})
    return template if obstacle is None else None


def _is_package(name, packages):
    try:
        module = _modules[name].__dict__
        path = module.get('__file__') or next(iter(module.get('__path__', ())), '')
        return isinstance(path, str) and path.startswith(packages + '/')
    except Exception:  # absent, or user code has put anything there
        return False


def _undo_module_changes(home):
    """Resets process-wide state that the module may have changed. Children rely on it."""
    _settrace(None)
    _setprofile(None)
    _setitimer(0, 0)
    for number in _SIGNALS:
        try:
            if callable(_getsignal(number)) or number == _SIGCHLD:
                _signal(number, _SIG_DFL)
        except (OSError, ValueError):
            pass
    stacks.install_handler()
    _chdir(home)
    _umask(0o022)
    _disable()


def _find_obstacle(writable_dirs):
    """Returns why a fork would differ from a new process, or None."""
    if len(_listdir('/proc/self/task')) > 1:
        return 'threads'
    # The listing itself uses one descriptor.
    if len(_listdir('/proc/self/fd')) > frames.EGRESS + 1:
        return 'descriptors'
    if _shares_memory():
        return 'memory'
    try:
        _waitpid(-1, _WNOHANG)
        return 'children'
    except ChildProcessError:
        return None if writable_dirs.is_empty() else 'written_files'


def _shares_memory():
    """True if a child could write to memory shared with this process and later children."""
    try:
        with _open('/proc/self/maps') as maps:
            return any(len(fields) > 1 and fields[1][3:] == 's' and ('w' in fields[1] or fields[-1] == '(deleted)')
                       for fields in map(str.split, maps))
    except OSError:  # not Linux
        return False


def _serve(template):
    _disable()
    state = limits.inherited_state()
    for turn in _count():
        if turn == 1:
            # Many templates serve one run only, so the second child waits for its job or some seconds.
            frames.write_frame(frames.CONTROL, {'type': 'ready'})
            _select([frames.JOBS], [], [], _SECOND_AHEAD_SECONDS)
        pid = _fork()
        if pid == 0:
            child.serve(template)
            _exit(1)
        if turn != 1:
            frames.write_frame(frames.CONTROL, {'type': 'ready'})
        status, usage = _wait_for(pid)
        cleanup.kill_children()
        frames.write_frame(frames.CONTROL, {
            'type': 'ended',
            # Status of wait(2): signal in the low seven bits, then the exit code.
            'exit': None if status & 0x7F else status >> 8,
            'signal': status & 0x7F or None,
            'peak': usage.ru_maxrss * 1024})
        unchanged = streams.restore_pipes() and limits.inherited_state() == state
        if not (template.writable_dirs.clear() and unchanged):
            frames.write_frame(frames.CONTROL, {'type': 'retire'})
            return


def _wait_for(pid):
    while True:
        ended, status, usage = _wait4(-1, 0)
        if ended == pid:
            return status, usage
