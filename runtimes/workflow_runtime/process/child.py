"""The forked process that serves one run, or several if the workflow reuses its process."""
import builtins
import gc
import os
import signal
import sys
import threading
import time
import types

from . import cleanup, forking, frames, streams
from ..confinement import limits
from ..function import distributions, failures, loader, missing
from ..function.request import Request
from ..function.response import InvalidResponse, check_response, check_result, safe_repr
from ..function.settings import InvalidSettings, Settings
from ..outgoing import recorder, recording

# The memory limit counts a thread's whole stack.
THREAD_STACK = 2 * limits.MIB

_dup2, _dup, _open, _close, _closerange, _exit = os.dup2, os.dup, os.open, os.close, os.closerange, os._exit
_chdir, _umask, _setrecursionlimit, _settrace = os.chdir, os.umask, sys.setrecursionlimit, sys.settrace
_setitimer, _enable, _stack_size = signal.setitimer, gc.enable, threading.stack_size
_O_RDONLY = os.O_RDONLY
_BUILTINS, _restore_builtins = dict(vars(builtins)), vars(builtins).update
_clock = time.perf_counter
_RECURSION = sys.getrecursionlimit()


class Template(object):
    """Inherited by a child: the loaded function, or the source of a module that each child has to load itself."""

    def __init__(self, options, home, writable_dirs, source, function, isolate_child):
        self.kind = options['kind']
        self.reuse = options['reuse']
        self.memory = options['memory']
        self.limits = options['limits']
        self.home = home
        self.writable_dirs = writable_dirs
        self.source = source
        self.function = function
        self.isolate_child = isolate_child
        self.memory_base = limits.memory_base()
        self.state = None
        # A thread of the last run may read the next job.
        self.is_spoilt = False


def serve(template):
    _prepare(template.isolate_child)
    limits.limit_memory(template.memory, template.memory_base)
    template.state = limits.inherited_state()
    jobs = _job_channel(template.reuse)
    _warm_up(template.limits)
    while True:
        job = _next_job(jobs)
        if job is None:
            _exit(0)
        if not template.reuse:
            limits.limit_cpu(job[0]['cpu_seconds'])
        header, body = serve_one(template, job, jobs)
        header['peak'] = limits.peak_memory()
        streams.flush()
        if template.reuse:
            header['retire'] = not _reset(template)
        frames.write_frame(frames.RESULTS, header, body)
        if not template.reuse or header['retire']:
            _exit(0)


def _next_job(jobs):
    """Skips answers to steps that an earlier child did not read."""
    while True:
        job = frames.read_frame(jobs)
        if job is None or 'turn' not in job[0]:
            return job


def _prepare(isolate_child):
    """Does what needs no job, before a caller waits."""
    _closerange(frames.CONTROL, limits.MAX_OPEN_FILES)
    limits.show_process()
    isolate_child()
    forking.refresh()
    # Python 3.6 does not reseed after a fork, so every child would draw the same numbers.
    random = sys.modules.get('random')
    if random is not None and sys.version_info < (3, 7):
        random.seed()
    numpy = sys.modules.get('numpy')
    if numpy is not None and hasattr(numpy, 'random'):
        numpy.random.seed()
    try:
        _stack_size(THREAD_STACK)
    except (ValueError, RuntimeError):
        pass
    _enable()


def _warm_up(run_limits):
    """Executes a run's code, because the first write to each page copies it and must not delay a caller."""
    settings = Settings('{"a":"b"}', '', run_limits)
    request = Request({'headers': [['Content-Type', 'application/json']], 'query': ''}, b'{"a":1}')
    returned = {'status_code': 200, 'headers': {'A': request['content-type']}, 'body': 'x'}
    header, body = _report_success('catch', returned, settings, run_limits)
    frames.encode(header, body)
    streams.flush()


def _job_channel(reuse):
    """Returns the descriptor of jobs. Descriptor 0 is at its end, so that `input()` raises EOFError."""
    if not reuse:
        return frames.JOBS
    jobs = _dup(frames.JOBS)
    _close_input()
    return jobs


def _close_input():
    null = _open('/dev/null', _O_RDONLY)
    _dup2(null, frames.JOBS)
    _close(null)


def serve_one(template, job, jobs=None):
    try:
        return _run(template, job, jobs)
    except BaseException as error:
        # The runtime failed, or the run broke it.
        limits.release_reserve()
        if isinstance(error, MemoryError):
            failures.forget_frames(error)
            return _failure('out_of_memory', {'message': None}), b''
        return _failure('exception', failures.describe(error)), b''


def _run(template, job, jobs):
    meta, payload = job
    payload, steps = _split_steps(meta, payload, jobs if template.reuse else None)
    if not template.reuse:
        _close_input()
    payload, answers = recording.split(meta['calls'], payload)
    settings_start = len(payload) - meta['settings']
    function = template.function
    recorder.begin(meta['calls'], answers)
    started = _clock()
    request = settings = None
    try:
        if function is None:
            function = loader.load(template.source, template.kind)
            if template.reuse:
                template.function = function
        loaded = _clock()
        settings = Settings(payload[settings_start:].decode('utf-8'), meta['workflow_id'], template.limits)
        if steps is not None:
            steps.begin(settings, (loaded - started) * 1000)
        request = Request(meta['request'] or {}, payload[:settings_start]) if template.kind == 'catch' else None
        returned = function(request, settings.values)
        if type(returned) is types.CoroutineType:
            returned = _wait_for(returned)
        if steps is not None:
            steps.finish()
        _restore_interpreter()
        header, body = _report_success(template.kind, returned, settings, template.limits)
    except BaseException as error:
        header, body = _report_error(error, request, settings), b''
        if steps is not None:
            header.update(steps.describe_end(error))
        loaded = started
    header['load_ms'] = (loaded - started) * 1000
    header['calls_left_out'] = recorder.finish()
    template.is_spoilt = steps is not None and steps.is_waiting()
    return header, body


def _split_steps(meta, payload, jobs):
    """Returns the preceding bytes and the stored calls, or None if the run is not durable."""
    if 'steps' not in meta:
        return payload, None
    from . import durable_run
    start = len(payload) - meta['steps']['bytes']
    answers = _dup(frames.JOBS) if jobs is None else jobs
    return payload[:start], durable_run.DurableRun(meta['steps'], payload[start:], answers)


def _report_success(kind, returned, settings, run_limits):
    """Raises InvalidResponse or InvalidSettings."""
    header = {'status': 'succeeded', 'response': None, 'result': None, 'warnings': []}
    body = b''
    if kind == 'pull':
        header['result'] = None if returned is None else safe_repr(returned, run_limits['result_length'])
        header['warnings'] = check_result(returned, run_limits)[1]
        header['label'] = str.__str__(returned)[:run_limits['label_length']] if isinstance(returned, str) else None
    elif isinstance(returned, dict):
        status, headers, body, header['warnings'] = check_response(returned, run_limits)
        header['response'] = {'status': status, 'headers': headers}
    else:
        header['result'], header['warnings'] = check_result(returned, run_limits)
    header['set'], header['deleted'] = settings.changes()
    header['warnings'] += settings.warnings
    if settings.values.atomic:
        header['atomic'] = settings.atomic_of(header['set'])
    return header, body


def _report_error(error, request, settings):
    _restore_interpreter()
    _restore_recursion()
    if isinstance(error, MemoryError):
        failures.forget_frames(error)
        return _failure('out_of_memory', failures.describe(error))
    if isinstance(error, loader.LoadError):
        report = error.report
        return _failure('out_of_memory' if report['out_of_memory'] else 'load_error', {
            'message': report['detail'], 'line': report['line'], 'traceback': report['traceback']})
    if isinstance(error, InvalidResponse):
        return _failure('invalid_response', {'message': str(error)})
    if isinstance(error, InvalidSettings):
        return _failure('invalid_settings', {'message': str(error)})
    values = None if settings is None else settings.values
    return _failure('exception', _with_hint(error, failures.describe(error), request, values))


def _with_hint(error, described, request, settings):
    if isinstance(error, ImportError):
        hint = distributions.hint_for(error)
    else:
        hint = missing.note_for(error, request, settings)
    return dict(described, message=described['message'] + '. ' + hint) if hint else described


def _failure(code, details):
    return {'status': 'failed', 'code': code, 'message': details.get('message'), 'traceback': details.get('traceback'),
            'line': details.get('line'), 'warnings': []}


def _restore_interpreter():
    """Restores what the runtime needs after the function."""
    _settrace(None)
    _restore_builtins(_BUILTINS)
    limits.release_reserve()


def _restore_recursion():
    try:
        _setrecursionlimit(_RECURSION)
    except (RecursionError, ValueError):
        pass


def _wait_for(coroutine):
    import asyncio
    if hasattr(asyncio, 'run'):
        return asyncio.run(coroutine)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


def _reset(template):
    """Restores a reused process. If it returns False, the process must exit."""
    try:
        _setitimer(0, 0)
        cleanup.kill_others()
        _chdir(template.home)
        _umask(0o022)
        _restore_recursion()
        _enable()
        return not template.is_spoilt and template.writable_dirs.clear() and streams.are_intact() and limits.inherited_state() == template.state
    except BaseException:
        return False
