"""Waits for events and for runs of other workflows. The module `workflows` exports them."""
import asyncio
import base64
import hashlib
import hmac
import json
from datetime import datetime, timezone

from . import durable
from .request import Request

# A larger request does not fit into the frame that ends a part.
MAX_FRAME_BYTES = 2 * 1024 * 1024
REQUEST_KEYS = ('headers', 'query', 'body')


class Event(Request):
    """What was posted, like the request, with the name of the wait and the time."""

    __slots__ = ('name', 'received_at')

    def __init__(self, told):
        body = told['body'].encode('utf-8') if told['encoding'] == 'utf8' else base64.b64decode(told['body'])
        Request.__init__(self, told, body)
        self.name = told['name']
        self.received_at = datetime.fromtimestamp(told['received_at'] / 1000, timezone.utc)


def url_of(name):
    """Returns the URL that ends the wait of this name. It is the same for the life of the run."""
    run = durable.part()
    if run is None:
        raise RuntimeError('url_of({!r}) was called while the module was loading: call it in the function `workflow`'.format(
            name))
    if not durable.is_name(name):
        raise ValueError('a name of a wait is a text of 1 to {} characters, found {}'.format(
            durable.MAX_NAME, repr(name)[:80]))
    text = name.encode('utf-8')
    tag = hmac.new(bytes.fromhex(run.options['wait_key']), text, hashlib.sha256).hexdigest()[:40]
    encoded = base64.urlsafe_b64encode(text).decode('ascii').rstrip('=')
    return '{}{}.{}'.format(run.options['wait_url'], encoded, tag)


def wait_for(names, within):
    """Ends the process, and continues with what is posted to the URL, of several names with the first that comes.

    Raises TimedOut if nothing comes in time.
    """
    run = durable.current('wait_for({!r})'.format(names))
    wait = _Wait(run, list(names) if isinstance(names, (list, tuple)) else [names], durable.seconds_of('within', within))
    if durable.in_loop():
        return asyncio.ensure_future(wait.in_loop())
    if wait.is_new:
        run.await_others(wait.keys[0])
    if not wait.is_over():
        wait.begin()
        durable.stop()
    return wait.result()


def check_unused(run, kind, name):
    """A name has one URL or one task."""
    run.check_name(kind, name)
    if run.is_used(kind, name):
        raise ValueError('the name {!r} is used by another wait of this run: use a name for each, such as '
                         '"reminder 1" and "reminder 2"'.format(name))


async def end_in_loop(run, key, is_new, wait):
    """Returns the result of `wait`. Otherwise its `begin` ends this process at the next turn of the loop."""
    if is_new:
        await run.await_others_in_loop(key)
    # Calls of the same turn of the loop are running by then.
    await asyncio.sleep(0)
    if not wait.is_over():
        wait.begin()
        await asyncio.get_event_loop().create_future()
    return wait.result()


class _Wait(object):
    def __init__(self, run, names, seconds):
        for name in names:
            check_unused(run, 'event', name)
        if not names or len(set(names)) < len(names):
            raise ValueError('wait_for needs one or more different names, found {!r}'.format(names))
        self.run, self.names, self.seconds = run, names, seconds
        begun = [run.begin('event', name) for name in names]
        self.keys = [key for key, _ in begun]
        self.entries = [entry for _, entry in begun]
        self.is_new = not any(self.entries)
        self.event = next((json.loads(entry[3]) for entry in self.entries if entry and entry[0] == 'done'), None)

    def is_over(self):
        return self.event is not None or all(entry is not None and entry[0] == 'timed_out' for entry in self.entries)

    def begin(self):
        until = next((entry[1] for entry in self.entries if entry), None)
        seconds = self.seconds if until is None else None
        self.run.add_waits(self.keys, json.dumps(self.names), 0, until, seconds)

    async def in_loop(self):
        return await end_in_loop(self.run, self.keys[0], self.is_new, self)

    def result(self):
        if self.event is not None:
            return Event(self.event)
        error = durable.TimedOut('nothing came in time for {}'.format(' or '.join(map(repr, self.names))))
        error._key = list(self.keys[0].id)
        raise error


def run(workflow, request=None, name=None, *, request_of=None):
    """Starts another workflow's deployed version, by its name or id, and ends the process.

    Continues when the last attempt of that run has ended, and returns its answer. Raises RunFailed if it failed.
    """
    part = durable.current('run({!r})'.format(workflow))
    if not isinstance(workflow, str):
        raise TypeError('run needs the name or the id of a workflow, found {}'.format(type(workflow).__name__))
    given = _request_of(request, request_of)
    key, entry = part.begin('run', workflow if name is None else name)
    if 'body' in given:
        given['body'] = _to_json(part, key, given['body'])
    asked = dict({'headers': {}, 'query': {}, 'body': None}, workflow=workflow, **given)
    call = _Call(part, key, entry, _to_json(part, key, asked))
    if durable.in_loop():
        return asyncio.ensure_future(call.in_loop())
    if entry is None:
        part.await_others(key)
    if not call.is_over():
        call.begin()
        durable.stop()
    return call.result()


def _request_of(request, request_of):
    if request_of is None:
        return {} if request is None else {'body': request}
    if request is not None:
        raise ValueError('run needs either request or request_of, found both')
    given = {key: value for key, value in dict(request_of).items() if value is not None}
    unknown = next((key for key in given if key not in REQUEST_KEYS), None)
    if unknown is not None:
        raise ValueError('request_of has the unknown key {!r}'.format(unknown))
    for what in ('headers', 'query'):
        given[what] = _texts_of(what, given.get(what, {}))
    return given


def _texts_of(what, values):
    return {_text_of(what, name): [_text_of(what, one) for one in value] if isinstance(value, (list, tuple)) else
            _text_of(what, value) for name, value in dict(values).items()}


def _text_of(what, value):
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise TypeError('request_of: {} has texts, found {!r}'.format(what, value))


def _to_json(part, key, value):
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(',', ':'))
        text.encode('utf-8')
    except UnicodeEncodeError:  # half of a surrogate pair
        text = json.dumps(value, allow_nan=False, separators=(',', ':'))
    except Exception as error:
        part.fail('invalid_step', 'The request of {} is not JSON: {}. It was not started'.format(key, str(error)[:200]))
    if len(text) > durable.MAX_RESULT_BYTES and len(json.dumps(text)) > MAX_FRAME_BYTES:
        part.fail('invalid_step', 'The request of {} takes {} characters as JSON, which is too much. It was not '
                  'started'.format(key, len(text)))
    return text


class _Call(object):
    def __init__(self, part, key, entry, text):
        self.part, self.key, self.entry, self.text = part, key, entry, text

    def is_over(self):
        return self.entry is not None and self.entry[0] in ('done', 'failed', 'timed_out')

    def begin(self):
        until = self.entry[1] if self.entry else None
        self.part.add_wait(self.key, self.text, 0, until, durable.MAX_WAIT_SECONDS if until is None else None)

    async def in_loop(self):
        return await end_in_loop(self.part, self.key, self.entry is None, self)

    def result(self):
        status, _, _, text = self.entry
        if status == 'done':
            return json.loads(text)
        if status == 'timed_out':
            error = durable.TimedOut('{} did not end in 366 days'.format(self.key))
        else:
            told = json.loads(text) if text else {'run_id': None, 'code': 'lost', 'message': 'The run was deleted.'}
            error = durable.RunFailed(self.key, told['run_id'], told['code'], told['message'])
        error._key = list(self.key.id)
        raise error
