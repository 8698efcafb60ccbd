"""Steps, sleeps and tokens of a durable run. The module `workflows` exports them. See docs/reference/steps.md."""
import asyncio
import hashlib
import inspect
import json
import random
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

try:
    import contextvars
except ImportError:  # before Python 3.7
    contextvars = None

from . import failures
from .settings import InvalidSettings

MAX_NAME = 200
MAX_CALLS = 1000
MAX_CONCURRENT = 64
MAX_TOKEN_CALLS = 10000
MAX_RESULT_BYTES = 1024 * 1024
MAX_TOTAL_BYTES = 16 * 1024 * 1024
MAX_WAIT_SECONDS = 366 * 86400
# During a shorter pause, the step's process stays alive.
MAX_PAUSE_SECONDS = 2
# How long a new call waits for concurrent stored calls.
OTHERS_SECONDS = 1

_UNITS = {'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 7 * 86400}
_DURATION = re.compile(r'([0-9]{1,12}(?:\.[0-9]{1,12})?)([smhdw])\Z')
_clock, _pause = time.time, time.sleep
_run = None


class StepError(Exception):
    """A step failed in its last try.

    `step` is its name, `type` and `message` describe its exception, `attempts` counts its tries.
    """

    def __init__(self, step, type, message, attempts):
        text = 'the step {!r} failed: {}'.format(step, '{}: {}'.format(type, message) if message else type)
        Exception.__init__(self, text)
        self.step = step
        self.type = type
        self.message = message
        self.attempts = attempts


class RunFailed(Exception):
    """A run that was called failed, or could not start.

    `run_id` is its id or None, `code` and `message` say why.
    """

    def __init__(self, call, run_id, code, message):
        Exception.__init__(self, '{} failed: {}'.format(call, '{}: {}'.format(code, message) if message else code))
        self.run_id = run_id
        self.code = code
        self.message = message


class NoRetry(Exception):
    """Raised in a step, it ends the step without another try."""


class ConnectionUnavailable(Exception):
    """A connection has no valid token, because it needs a sign-in or its provider fails."""


class _Key(object):
    def __init__(self, kind, name, number):
        self.kind, self.name, self.number = kind, name, number
        self.id = (kind, name, number)
        self.is_over = False

    def __str__(self):
        return describe(self.id)


_CALLS = {'event': 'wait_for', 'task': 'ask'}
_NOUNS = {'event': 'wait'}


def is_name(name):
    return isinstance(name, str) and 1 <= len(name) <= MAX_NAME


def describe(key):
    """As its author wrote it, such as `step('charge')`."""
    kind, name, number = key
    return '{}({!r}){}'.format(_CALLS.get(kind, kind), name, '' if number == 1 else ' (use {})'.format(number))


class Run(object):
    """The calls of one part of a run.

    `stored` are [kind, name, number, status, until, attempts, logged, json]. `channel` has `store`, `end` and `unmute`.
    """

    def __init__(self, options, stored, settings, channel):
        self.key, self.skips_waits, self.options = options['key'], options['skip_waits'], options
        self.settings, self.channel = settings, channel
        self.changed = threading.Condition()
        self.stored, self.unasked, self.tries = {}, {}, {}
        self.used, self.running, self.waits = {}, set(), []
        # Unfinished calls of `run`.
        self.called = set()
        self.decided = {}
        self.mark = None
        self.token_calls, self.token_locks = 0, {}
        self.bytes, self.logged = 0, 0
        for kind, name, number, status, until, attempts, logged, text in stored:
            self._take((kind, name, number), (status, until, attempts, text), logged)

    def _take(self, key, entry, logged):
        kind, name, number = key
        text = entry[3]
        self.logged += logged
        self.bytes += len(text or '')
        if kind == 'retry':
            told = json.loads(text)
            self.tries.setdefault(('step', name, told['step']), []).append((told['attempts'], logged, number))
            self.used['retry', name] = max(self.used.get(('retry', name), 0), number)
        else:
            self.stored[key] = entry
            # The function may need only some answers of a test.
            if logged or not self.skips_waits:
                self.unasked[key] = logged

    def begin(self, kind, name):
        """Returns (key, stored entry or None) of the next call with this kind and name."""
        self.check_name(kind, name)
        with self.changed:
            if (kind, name) in self.running or (kind, name) in self.called:
                self.fail('invalid_step', 'The function called {}({!r}) twice at the same time. Concurrent calls need '
                          'different names'.format(kind, name))
            number = self.used[kind, name] = self.used.get((kind, name), 0) + 1
            key = _Key(kind, name, number)
            entry = self._ask(key)
            if entry is None:
                self._check_count(key)
                if kind == 'step':
                    self._begin_step(key)
            if kind == 'run' and (entry is None or entry[0] == 'waiting'):
                self.called.add((kind, name))
            return key, entry

    def begin_decision(self, name, outcome):
        """Returns (number of this use of `decide`, name of its task or None).

        Stored calls decide, because the workflow may have changed since.
        """
        self.check_name('decision', name)
        with self.changed:
            number = self.decided[name] = self.decided.get(name, 0) + 1
            task = name if number == 1 else '{} {}'.format(name, number)
            if ('task', task, 1) in self.stored:
                return number, task
            is_stored = ('step', name, self.used.get(('step', name), 0) + 1) in self.stored
            overseen = self.options['overseen']
            is_overseen = overseen is not None and outcome in overseen['outcomes']
            return number, task if is_overseen and not is_stored else None

    def is_used(self, kind, name):
        with self.changed:
            return self.used.get((kind, name), 0) > 0

    def check_name(self, kind, name):
        if not is_name(name):
            code = 'invalid_decision' if kind == 'decision' else 'invalid_step'
            self.fail(code, 'The name of a {} must be a text of 1 to {} characters, found {}'.format(
                _NOUNS.get(kind, kind), MAX_NAME, repr(name)[:80]))

    def _check_count(self, key):
        if sum(self.used.values()) > MAX_CALLS:
            self.fail('invalid_step', 'A run may have {} steps and waits; {} would be one more'.format(MAX_CALLS, key))

    def _begin_step(self, key):
        if len(self.running) >= MAX_CONCURRENT:
            self.fail('invalid_step', 'At most {} steps may run at the same time'.format(MAX_CONCURRENT))
        if not self.running:
            self.mark = self.settings.mark()
        self.running.add((key.kind, key.name))

    def _ask(self, key):
        entry = self.stored.get(key.id)
        if self.unasked.pop(key.id, 0):
            self._unlog(1)
        tries = self.tries.get(key.id, ())
        self._unlog(sum(logged for _, logged, _ in tries))
        self.changed.notify_all()
        return entry

    def _unlog(self, count):
        if self.logged and count:
            self.logged -= count
            if self.logged <= 0:
                self.channel.unmute()

    def await_others(self, key):
        """A new call fails while stored calls are missing, because the function took another path."""
        with self.changed:
            if self.unasked and threading.active_count() > 1:
                self.changed.wait_for(lambda: not self.unasked, OTHERS_SECONDS)
            self.check_order(key)

    async def await_others_in_loop(self, key):
        end = time.monotonic() + OTHERS_SECONDS
        while self.unasked and time.monotonic() < end:
            await asyncio.sleep(0.005)
        self.check_order(key)

    def check_order(self, key):
        if self.unasked:
            self.fail('nondeterminism', '{} was expected, because an earlier part of the run did it, and {} was found. '
                      'A function must come to the same calls in the same order each time: compute what depends on the '
                      'time, on chance or on changed settings in a step'.format(describe(next(iter(self.unasked))), key))

    def finish(self):
        """Must be called after the function returned."""
        with self.changed:
            if self.unasked:
                self.fail('nondeterminism', '{} was expected, because an earlier part of the run did it, and the function '
                          'returned before'.format(describe(next(iter(self.unasked)))))

    def fail(self, code, message):
        """Ends the process, so that no `except` of the function continues."""
        self.channel.end({'status': 'failed', 'code': code, 'message': message, 'traceback': None,
                          'line': _line_of_caller(), 'warnings': []})

    def store(self, key, status, text, attempts, started, decision=None):
        """Returns when the call is on disk. `decision`: a use of `decide`, whose arguments are in the text."""
        data = _to_bytes(text)
        done = 'It was not stored' if decision or key.kind != 'step' else 'Its function was called'
        if len(data) > MAX_RESULT_BYTES:
            self.fail('invalid_step', 'The result of {} takes {} bytes as JSON; at most {} are allowed. {}'.format(
                key, len(data), MAX_RESULT_BYTES, done))
        with self.changed:
            self.bytes += len(data)
            if self.bytes > MAX_TOTAL_BYTES:
                self.fail('invalid_step', 'The results of all steps take more than {} bytes as JSON with that of {}. {}'.format(
                    MAX_TOTAL_BYTES, key, done))
            changed, deleted, atomic = {}, [], {}
            if key.kind == 'step' and status == 'done':
                try:
                    (changed, deleted, atomic), self.mark = self.settings.take(self.mark)
                except InvalidSettings as error:
                    self.fail('invalid_settings', '{} (in {}). {}'.format(error, key, done))
            problem = self.channel.store({
                'kind': key.kind, 'name': key.name, 'number': key.number, 'status': status, 'attempts': attempts,
                'started': started, 'set': changed, 'deleted': deleted, 'atomic': atomic, 'decision': decision}, data)
            if problem is not None:
                self.fail(problem['code'], '{}. {}'.format(problem['message'], done))

    def ask_token(self, name):
        """Returns the server's {error, token}."""
        with self.changed:
            self.token_calls += 1
            if self.token_calls > MAX_TOKEN_CALLS:
                self.fail('invalid_step', 'A part of a run may call access_token {} times'.format(MAX_TOKEN_CALLS))
            lock = self.token_locks.setdefault(name, threading.Lock())
        # Threads may need the same token, and the server answers a process that reads.
        with lock:
            return self.channel.token(name)

    def end_step(self, key):
        key.is_over = True
        with self.changed:
            self.running.discard((key.kind, key.name))
            self._end_if_waiting()
            self.changed.notify_all()

    def wait(self, key, text, attempts=0, until=None, seconds=None):
        """Ends the process once the running steps are stored. Does not return."""
        self.add_wait(key, text, attempts, until, seconds)
        stop()

    def add_wait(self, key, text, attempts, until, seconds, decision=None):
        self.add_waits([key], text, attempts, until, seconds, decision)

    def add_waits(self, keys, text, attempts, until, seconds, decision=None):
        ms = None if seconds is None else seconds * 1000
        with self.changed:
            self.waits += [{'kind': key.kind, 'name': key.name, 'number': key.number, 'attempts': attempts, 'until': until,
                            'ms': ms, 'json': text, 'decision': decision} for key in keys]
            if in_loop():
                # Other calls of this turn of the loop add their waits first.
                asyncio.get_event_loop().call_soon(self._end_in_loop)
            else:
                self._end_if_waiting()

    def _end_in_loop(self):
        with self.changed:
            self._end_if_waiting()

    def _end_if_waiting(self):
        if self.waits and not self.running:
            self.channel.end({'status': 'waiting', 'waits': self.waits})


def now():
    """Milliseconds since 1970. User code may have patched the module `time`."""
    return _clock() * 1000


def part():
    """Returns the calls of the current part, or None."""
    return _run


def begin(options, stored, settings, channel):
    """Returns the run, or None if it is not durable."""
    global _run
    _run = None if options is None else Run(options, stored, settings, channel)
    if _run is not None:
        _inside.hand_on()
    return _run


class TimedOut(Exception):
    """No event came in time for a wait."""


def ended_by(error):
    """Returns the failed stored call of an exception, or None."""
    return getattr(error, '_key', None) if type(error) in (StepError, RunFailed, TimedOut) else None


def code_of(error):
    """Returns the special code of a run that an exception ends, or None."""
    if type(error) is TimedOut and ended_by(error):
        return 'wait_timed_out'
    # A failure in an earlier part left only its exception's name.
    is_lost = isinstance(error, ConnectionUnavailable) or (
        type(error) is StepError and error.type == ConnectionUnavailable.__name__)
    return 'connection_unavailable' if is_lost else None


def stop():
    forever = threading.Event()
    while True:
        forever.wait()


class _Inside(object):
    """Step of the current thread or task."""

    def __init__(self):
        self._variable = contextvars.ContextVar('step', default=None) if contextvars else threading.local()
        self._hands_on = False

    def get(self):
        key = self._variable.get() if contextvars else getattr(self._variable, 'value', None)
        # A thread may outlive the step that started it.
        return None if key is None or key.is_over else key

    def set(self, key):
        if contextvars:
            self._variable.set(key)
        else:
            self._variable.value = key

    def hand_on(self):
        """From now on, the threads that a step starts are inside of it. Python gives them no context."""
        if self._hands_on:
            return
        self._hands_on = True
        real_start, real_submit = threading.Thread.start, ThreadPoolExecutor.submit

        def start(thread):
            key = self.get()
            if key is not None:
                thread.run = self._within(key, thread.run)
            return real_start(thread)

        def submit(pool, *args, **kwargs):
            # A pool's threads may be older than the step.
            return real_submit(pool, *[self._within(self.get(), fn) for fn in args[:1]] + list(args[1:]), **kwargs)

        threading.Thread.start, ThreadPoolExecutor.submit = start, submit

    def _within(self, key, fn):
        def call(*args, **kwargs):
            before = self.get()
            self.set(key)
            try:
                return fn(*args, **kwargs)
            finally:
                self.set(before)
        return call


_inside = _Inside()


def current(call):
    """Returns the run, if a call is allowed here."""
    if _run is None:
        raise RuntimeError('{} was called while the module was loading: call it in the function `workflow`'.format(call))
    outer = _inside.get()
    if outer is not None:
        raise RuntimeError('{} was called inside of {}: a step cannot contain a step or a wait'.format(call, outer))
    return _run


def in_loop():
    return asyncio._get_running_loop() is not None


class _Step(object):
    """step(name, fn, *args, retry=None) calls `fn(*args)` once and stores its result."""

    def __call__(self, name, fn, *args, retry=None):
        run = current('step({!r})'.format(name))
        if not callable(fn):
            raise TypeError('step({!r}) needs a function, found {}: pass it without calling it'.format(
                name, type(fn).__name__))
        policy = _Policy(retry)
        key, entry = run.begin('step', name)
        if in_loop():
            return asyncio.ensure_future(_step_in_loop(run, key, entry, fn, args, policy))
        if entry is not None:
            return _value_of(key, entry)
        run.await_others(key)
        return _perform(run, key, fn, args, policy)

    @property
    def key(self):
        """An idempotency key: the same each time that this step of this run is tried."""
        key = _inside.get()
        if key is None or _run is None:
            raise RuntimeError('step.key is only available inside of a step')
        text = json.dumps([_run.key, key.kind, key.name, key.number])
        return hashlib.sha256(text.encode('ascii')).hexdigest()[:32]


step = _Step()


def sleep(name, *, days=0, hours=0, minutes=0, seconds=0, until=None):
    """Ends the process, and continues at that time."""
    run = current('sleep({!r})'.format(name))
    end, duration = _end_of_sleep(days, hours, minutes, seconds, until)
    key, entry = run.begin('sleep', name)
    if in_loop():
        return asyncio.ensure_future(_sleep_in_loop(run, key, entry, end, duration))
    if entry is None:
        run.await_others(key)
    if not _is_over(run, key, entry, end):
        run.wait(key, 'null', until=entry[1] if entry else end, seconds=None if entry else duration)
    return None


def _is_over(run, key, entry, end):
    """Stores a sleep that does not wait. Returns whether the function continues."""
    if entry is not None and entry[0] == 'done':
        return True
    until = end if entry is None else entry[1]
    if run.skips_waits or (until is not None and until <= _clock() * 1000):
        run.store(key, 'done', 'null', 0, _clock() * 1000)
        return True
    return False


def _end_of_sleep(days, hours, minutes, seconds, until):
    """Returns (time in milliseconds or None, seconds or None)."""
    if until is not None:
        if not hasattr(until, 'timestamp'):
            raise TypeError('until must be a datetime, found {}'.format(type(until).__name__))
        if until.tzinfo is None or until.utcoffset() is None:
            raise ValueError('until has no time zone: use datetime.now(timezone.utc), for example')
        if days or hours or minutes or seconds:
            raise ValueError('sleep needs either until or a duration, found both')
        end = until.timestamp()
        _check_wait(end - _clock(), allow_past=True)
        return int(end * 1000), None
    duration = float(days) * 86400 + float(hours) * 3600 + float(minutes) * 60 + float(seconds)
    if duration == 0:
        raise ValueError('sleep needs a duration after its name, such as seconds=30, or until; found neither')
    _check_wait(duration)
    return None, duration


def _check_wait(seconds, allow_past=False):
    if not (seconds <= MAX_WAIT_SECONDS and (allow_past or seconds >= 1)):
        raise ValueError('a wait takes from 1 second to 366 days, found {:g} seconds'.format(seconds))


def access_token(name):
    """Returns a token of a connection of the workflow that is valid for at least 60 s.

    Allowed inside of a step, and not stored. Raises ConnectionUnavailable.
    """
    if _run is None:
        raise RuntimeError('access_token({!r}) was called while the module was loading: call it in the function '
                           '`workflow`'.format(name))
    if not isinstance(name, str):
        raise TypeError('access_token needs the name of a connection, found {}'.format(type(name).__name__))
    if in_loop():
        # A refresh takes seconds.
        asked = asyncio.get_event_loop().run_in_executor(None, _run.ask_token, name)
        return asyncio.ensure_future(_token_in_loop(asked))
    return _token_of(_run.ask_token(name))


async def _token_in_loop(asked):
    return _token_of(await asked)


def _token_of(told):
    problem = told['error']
    if problem is None:
        return told['token']
    raise (ConnectionUnavailable if problem['code'] == 'connection_unavailable' else ValueError)(problem['message'])


class _Policy(object):
    """How often a step is tried, and the pauses between."""

    def __init__(self, retry):
        given = {} if retry is None else dict(retry)
        self.attempts = given.pop('attempts', 1 if retry is None else 3)
        self.first = seconds_of('first', given.pop('first', '10s'))
        self.factor = given.pop('factor', 2)
        self.max = seconds_of('max', given.pop('max', '1h'))
        if given:
            raise ValueError('retry has the unknown key {!r}'.format(next(iter(given))))
        if type(self.attempts) is not int or not 1 <= self.attempts <= 100:
            raise ValueError('retry: attempts must be from 1 to 100, found {!r}'.format(self.attempts))
        if not isinstance(self.factor, (int, float)) or not 1 <= self.factor <= 100:
            raise ValueError('retry: factor must be from 1 to 100, found {!r}'.format(self.factor))

    def pause(self, tried):
        """Seconds before the next try."""
        return min(self.first * self.factor ** min(tried - 1, 200), self.max) * random.uniform(0.8, 1.2)


def seconds_of(what, text):
    found = _DURATION.match(text) if isinstance(text, str) else None
    seconds = float(found.group(1)) * _UNITS[found.group(2)] if found else 0
    if not 1 <= seconds <= MAX_WAIT_SECONDS:
        raise ValueError('{} must be a number with s, m, h, d or w, from 1s to 366d, found {!r}'.format(what, text))
    return seconds


def _value_of(key, entry):
    status, _, attempts, text = entry
    told = json.loads(text)
    if status == 'done':
        return told
    raise _step_error(key, told['type'], told['message'], attempts)


def _step_error(key, kind, message, attempts):
    error = StepError(key.name, kind, message, attempts)
    error._key = list(key.id)
    return error


def _perform(run, key, fn, args, policy):
    tried = _tried(run, key)
    while True:
        tried += 1
        started = _clock() * 1000
        outer = _inside.get()
        _inside.set(key)
        try:
            value = fn(*args)
        except Exception as error:
            pause = _failed(run, key, error, tried, policy, started)
        except BaseException:
            run.end_step(key)
            raise
        else:
            return _succeeded(run, key, value, tried, started)
        finally:
            _inside.set(outer)
        if pause is None:
            run.wait(_retry_key(run, key), *_rest_of(run, key, tried, policy))
        _pause(pause)


async def _step_in_loop(run, key, entry, fn, args, policy):
    if entry is not None:
        return _value_of(key, entry)
    await run.await_others_in_loop(key)
    tried = _tried(run, key)
    while True:
        tried += 1
        started = _clock() * 1000
        _inside.set(key)
        try:
            value = fn(*args)
            if inspect.isawaitable(value):
                value = await value
        except Exception as error:
            pause = _failed(run, key, error, tried, policy, started)
        except BaseException:
            run.end_step(key)
            raise
        else:
            return _succeeded(run, key, value, tried, started)
        finally:
            _inside.set(None)
        if pause is None:
            run.add_wait(_retry_key(run, key), *_rest_of(run, key, tried, policy))
            await asyncio.get_event_loop().create_future()
        await asyncio.sleep(pause)


async def _sleep_in_loop(run, key, entry, end, duration):
    if entry is None:
        await run.await_others_in_loop(key)
    # Calls of the same turn of the loop are running by then.
    await asyncio.sleep(0)
    if not _is_over(run, key, entry, end):
        run.add_wait(key, 'null', 0, entry[1] if entry else end, None if entry else duration)
        await asyncio.get_event_loop().create_future()


def _tried(run, key):
    return max([attempts for attempts, _, _ in run.tries.get(key.id, ())] or [0])


def _succeeded(run, key, value, tried, started):
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(',', ':'))
    except Exception as error:
        if inspect.iscoroutine(value):
            value.close()
        run.fail('invalid_step', 'The result of {} is not JSON ({}): {}. Its function was called'.format(
            key, type(value).__name__, str(error)[:200]))
    run.store(key, 'done', text, tried, started)
    run.end_step(key)
    return json.loads(text)


def _failed(run, key, error, tried, policy, started):
    """Returns the seconds before the next try, or None if the process ends for the pause. Raises StepError otherwise."""
    if isinstance(error, MemoryError):
        run.end_step(key)
        raise error
    with run.changed:
        if len(run.running) == 1:
            run.settings.restore(run.mark)
    if not isinstance(error, NoRetry) and tried < policy.attempts:
        pause = 0 if run.skips_waits else policy.pause(tried)
        return pause if pause <= MAX_PAUSE_SECONDS else None
    kind, message = type(error).__name__[:200], failures.text_of(error)[:10000]
    run.store(key, 'failed', json.dumps({'type': kind, 'message': message}), tried, started)
    run.end_step(key)
    raise _step_error(key, kind, message, tried) from error


def _retry_key(run, key):
    with run.changed:
        number = run.used['retry', key.name] = run.used.get(('retry', key.name), 0) + 1
        run.running.discard((key.kind, key.name))
        return _Key('retry', key.name, number)


def _rest_of(run, key, tried, policy):
    """Arguments of `add_wait` for the pause before the next try."""
    return json.dumps({'step': key.number, 'attempts': tried}), tried, None, max(1, policy.pause(tried))


def _to_bytes(text):
    try:
        return text.encode('utf-8')
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(json.loads(text), separators=(',', ':')).encode('ascii')


def _line_of_caller():
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename == failures.FILE_NAME:
            return frame.f_lineno
        frame = frame.f_back
    return None
