"""The forked process that serves runs: one of them, or one after the other where a workflow reuses its process."""
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
from ..function import failures, loader
from ..function.request import Request
from ..function.response import InvalidResponse, check_response, check_result, repr_of, LABEL_LENGTH, RESULT_LENGTH
from ..function.settings import InvalidSettings, Settings

# A thread's stack counts as memory of the run from its first page to its last, used or not.
THREAD_STACK = 2 * limits.MIB

_dup2, _dup, _open, _close, _closerange, _exit = os.dup2, os.dup, os.open, os.close, os.closerange, os._exit
_chdir, _umask, _setrecursionlimit, _settrace = os.chdir, os.umask, sys.setrecursionlimit, sys.settrace
_setitimer, _enable, _stack_size = signal.setitimer, gc.enable, threading.stack_size
_O_RDONLY = os.O_RDONLY
_BUILTINS, _restore_builtins = dict(vars(builtins)), vars(builtins).update
_clock = time.perf_counter
_RECURSION = sys.getrecursionlimit()


class Template(object):
    """What a child inherits: the loaded function, or the source of a module that can't be loaded ahead of the fork."""

    def __init__(self, options, home, places, source, function, leave):
        self.kind = options['kind']
        self.reuse = options['reuse']
        self.memory = options['memory']
        self.home = home
        self.places = places
        self.source = source
        self.function = function
        self.leave = leave
        self.memory_base = limits.memory_base()


def serve(template):
    """Runs in the child and never returns."""
    _prepare(template.leave)
    limits.limit_memory(template.memory, template.memory_base)
    jobs = _job_channel(template.reuse)
    _rehearse()
    while True:
        job = frames.read_frame(jobs)
        if job is None:
            _exit(0)
        if not template.reuse:
            limits.limit_cpu(job[0]['cpu_seconds'])
        header, body = _serve_one(template, job)
        streams.flush()
        if template.reuse:
            header['retire'] = not _tidy(template)
        frames.write_frame(frames.RESULTS, header, body)
        if not template.reuse or header['retire']:
            _exit(0)


def _prepare(leave_template):
    """All that can be done before the job is there, while nobody waits."""
    _closerange(frames.CONTROL, limits.OPEN_FILES)
    limits.show_process()
    leave_template()
    forking.refresh()
    # Python reseeds after a fork from 3.7 on; on 3.6 every child would draw the same numbers.
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


def _rehearse():
    """Goes through the motions of a run: its first touch of each page copies it, better now than while a caller waits."""
    settings = Settings('{"a":"b"}', '')
    request = Request({'headers': [['Content-Type', 'application/json']], 'query': ''}, b'{"a":1}')
    header, body = _judge('catch', {'status_code': 200, 'headers': {'A': request['content-type']}, 'body': 'x'}, settings)
    frames.encode(header, body)
    streams.flush()


def _job_channel(reuse):
    """Where jobs come from. A run's own descriptor 0 is at its end from the start, so that `input()` raises EOFError."""
    if not reuse:
        return frames.JOBS
    jobs = _dup(frames.JOBS)
    _silence_input()
    return jobs


def _silence_input():
    null = _open('/dev/null', _O_RDONLY)
    _dup2(null, frames.JOBS)
    _close(null)


def _serve_one(template, job):
    try:
        return _run(template, job)
    except BaseException as error:
        # What failed here is the runtime itself (or a run that broke it, such as one out of memory).
        limits.open_reserve()
        if isinstance(error, MemoryError):
            failures.forget_frames(error)
            return _failure('out_of_memory', {'message': None}), b''
        return _failure('exception', failures.describe(error)), b''


def _run(template, job):
    meta, payload = job
    if not template.reuse:
        _silence_input()
    settings_start = len(payload) - meta['settings']
    function = template.function
    started = _clock()
    try:
        if function is None:
            function = loader.load(template.source, template.kind)
            if template.reuse:
                template.function = function
        loaded = _clock()
        settings = Settings(payload[settings_start:].decode('utf-8'), meta['workflow_id'])
        if template.kind == 'catch':
            returned = function(Request(meta['request'] or {}, payload[:settings_start]), settings.values)
        else:
            returned = function(settings.values)
        if type(returned) is types.CoroutineType:
            returned = _wait_for(returned)
        _take_back()
        header, body = _judge(template.kind, returned, settings)
    except BaseException as error:
        header, body = _explain(error), b''
        loaded = started
    header['load_ms'] = (loaded - started) * 1000
    return header, body


def _judge(kind, returned, settings):
    header = {'status': 'succeeded', 'response': None, 'result': None, 'warnings': []}
    body = b''
    if kind == 'pull':
        header['result'] = None if returned is None else repr_of(returned, RESULT_LENGTH)
        header['warnings'] = check_result(returned)[1]
        header['label'] = str.__str__(returned)[:LABEL_LENGTH] if isinstance(returned, str) else None
    elif isinstance(returned, dict):
        status, headers, body, header['warnings'] = check_response(returned)
        header['response'] = {'status': status, 'headers': headers}
    else:
        header['result'], header['warnings'] = check_result(returned)
    header['set'], header['deleted'] = settings.changes()
    return header, body


def _explain(error):
    """The failure that an exception means."""
    _take_back()
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
    return _failure('exception', failures.describe(error))


def _failure(code, told):
    return {'status': 'failed', 'code': code, 'message': told.get('message'), 'traceback': told.get('traceback'),
            'line': told.get('line'), 'warnings': []}


def _take_back():
    """The function is done. What follows is ours, and needs a Python that works and some memory."""
    _settrace(None)
    _restore_builtins(_BUILTINS)
    limits.open_reserve()


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


def _tidy(template):
    """After a run of a process that is kept. False when something can't be put back: then the process must go."""
    try:
        _setitimer(0, 0)
        cleanup.kill_others()
        _chdir(template.home)
        _umask(0o022)
        _restore_recursion()
        _enable()
        return template.places.clear() and streams.are_intact()
    except BaseException:
        return False
