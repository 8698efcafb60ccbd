"""Process 1 of a sandbox: loads the workflow once, forks a child for each run ahead of need, and cleans up behind it."""
import gc
import importlib
import json
import os
import signal
import sys
import time

# First: it imports `logging` and `threading` in its own way.
from . import forking
from . import child, cleanup, frames, stacks, streams, supervisor
from ..confinement import limits
from ..function import loader

# Kept before user code is loaded here: a module that patches Python must not break its own worker.
_fork, _wait4, _waitpid, _exit = forking.fork, os.wait4, os.waitpid, os._exit
_chdir, _umask, _listdir = os.chdir, os.umask, os.listdir
_signal, _getsignal, _setitimer = signal.signal, signal.getsignal, signal.setitimer
_settrace, _setprofile = sys.settrace, sys.setprofile
_collect, _freeze, _disable = gc.collect, getattr(gc, 'freeze', None), gc.disable
_clock = time.perf_counter
_SIGNALS, _SIGCHLD, _SIG_DFL, _WNOHANG = range(1, signal.NSIG), signal.SIGCHLD, signal.SIG_DFL, os.WNOHANG


def main(text):
    """`text`: options as JSON: packages (a directory or null), preload (module names), home, egress, places, landlock."""
    options = json.loads(text)
    if os.getpid() == 1:
        limits.limit_template(limits.PROCESSES)
    else:
        limits.limit_template(limits.count_processes_of_user() + limits.PROCESSES_SHARED)
        supervisor.watch_over_template()
        limits.adopt_orphans()
    _install_egress(options['egress'], options['home'] if options['landlock'] else '')
    leave_template = _restrict(options)
    sys.path[:] = sys.path[1:] + ([options['packages']] if options['packages'] else [])
    _make_exit_functions()
    streams.install()
    places = cleanup.Places(options['places'])
    for name in options['preload']:
        importlib.import_module(name)
    _quiet_signals()
    stacks.answer()
    frames.write_frame(frames.CONTROL, {'type': 'booted', 'version': sys.version.split()[0]})
    message = frames.read_frame(frames.JOBS)
    if message is not None:
        template = _load(options['home'], places, message, leave_template)
        if template is not None:
            _serve(template)


def _make_exit_functions():
    """`-S` keeps the host's own packages out, and with them `exit` and `quit`."""
    import site
    site.setquit()


def _install_egress(egress, home):
    if egress:
        from ..confinement import network
        network.install(frames.EGRESS, home)
    os.closerange(frames.EGRESS, limits.OPEN_FILES)


def _restrict(options):
    """Where no namespaces stand around this process: Landlock. Returns what a child has to do first."""
    if not options['landlock']:
        return limits.die_with_parent
    from ..confinement import landlock
    landlock.restrict(options['home'], options['landlock']['readable'], options['landlock']['filter'])

    def leave_template():
        limits.die_with_parent()
        landlock.leave_template()
    return leave_template


def _quiet_signals():
    """As process 1 of its namespace, this one only gets signals that it handles: so it handles none that ends it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _load(home, places, message, leave_template):
    """Loads what the server sent and tells it. None when it does not load."""
    options, payload = message
    source = payload.decode('utf-8', 'surrogatepass')
    source = source[1:] if source.startswith('\ufeff') else source
    started = _clock()
    function, forkable = None, True
    if not options['in_child']:
        limits.limit_memory(options['memory'], limits.memory_base(), options['memory'] + limits.RESERVE)
        try:
            function = loader.load(source, options['kind'])
        except loader.LoadError as error:
            streams.flush()
            frames.write_frame(frames.CONTROL, dict(error.report, type='load_error'))
            return None
        finally:
            _take_back(home)
        forkable = _is_forkable(places)
    streams.flush()
    _collect()
    if _freeze is not None:
        # Else the first collection in each child would copy every page of the template.
        _freeze()
    template = child.Template(options, home, places, source, function, leave_template)
    limits.hide_process()
    frames.write_frame(frames.CONTROL, {
        'type': 'loaded', 'forkable': forkable, 'load_ms': (_clock() - started) * 1000})
    return template if forkable else None


def _take_back(home):
    """Undoes what a module may have set for the whole process while it loaded. A child puts nothing of it back."""
    _settrace(None)
    _setprofile(None)
    _setitimer(0, 0)
    for number in _SIGNALS:
        try:
            if callable(_getsignal(number)) or number == _SIGCHLD:
                _signal(number, _SIG_DFL)
        except (OSError, ValueError):
            pass
    stacks.answer()
    _chdir(home)
    _umask(0o022)
    _disable()


def _is_forkable(places):
    """Whether a fork of this process is as good as a fresh one: no threads, no open files, no children, no files left."""
    if len(_listdir('/proc/self/task')) > 1:
        return False
    # Listing takes one descriptor itself.
    if len(_listdir('/proc/self/fd')) > frames.EGRESS + 1:
        return False
    try:
        _waitpid(-1, _WNOHANG)
        return False
    except ChildProcessError:
        return places.is_empty()


def _serve(template):
    _disable()
    while True:
        pid = _fork()
        if pid == 0:
            child.serve(template)
            _exit(1)
        frames.write_frame(frames.CONTROL, {'type': 'ready'})
        status, usage = _wait_for(pid)
        cleanup.kill_children()
        frames.write_frame(frames.CONTROL, {
            'type': 'ended',
            # As wait(2) packs them: the low seven bits are the signal that killed it, the next byte its exit code.
            'exit': None if status & 0x7F else status >> 8,
            'signal': status & 0x7F or None,
            'peak': usage.ru_maxrss * 1024})
        streams.reset_blocking()
        if not template.places.clear():
            frames.write_frame(frames.CONTROL, {'type': 'retire'})
            return


def _wait_for(pid):
    while True:
        ended, status, usage = _wait4(-1, 0)
        if ended == pid:
            return status, usage
