"""Questions that people answer in a durable run. The module `workflows` exports `ask`."""
import asyncio
import json
from datetime import datetime, timezone

from . import durable
from .waits import check_unused, end_in_loop

# A larger question does not fit into the frame that ends a part.
MAX_FRAME_BYTES = 2 * 1024 * 1024


class Person(object):
    """A person who answered."""

    def __init__(self, told):
        self.id, self.name, self.email = told['id'], told['name'], told['email']

    def __repr__(self):
        return 'Person({!r})'.format(self.name)


class Answer(object):
    """What a person answered."""

    def __init__(self, told):
        self.choice, self.reason, self.fields = told['choice'], told['reason'], told['fields'] or {}
        self.by = Person(told['by'])
        self.at = datetime.fromtimestamp(told['at'] / 1000, timezone.utc)

    def __repr__(self):
        return 'Answer({!r}, by={!r})'.format(self.choice, self.by.name)


def ask(name, title, text=None, data=None, choices=('approve', 'reject'), fields=None, to=None, within='7d', remind=None):
    """Makes a task for people and ends the process, and continues with their answer.

    Raises TimedOut if no answer comes in time.
    """
    call = 'ask({!r})'.format(name)
    run = durable.current(call)
    seconds = durable.seconds_of('within', within)
    check_unused(run, 'task', name)
    key, entry = run.begin('task', name)
    question = {
        'title': title, 'text': text, 'data': None if data is None else _to_json(run, key, data),
        'choices': list(choices), 'fields': fields, 'to': [to] if isinstance(to, str) else to,
        'remind_ms': None if remind is None else durable.seconds_of('remind', remind) * 1000}
    task = Task(run, key, entry, seconds, _to_json(run, key, question))
    if durable.in_loop():
        return asyncio.ensure_future(task.in_loop())
    if entry is None:
        run.await_others(key)
    if not task.is_over():
        task.begin()
        durable.stop()
    return task.result()


def _to_json(run, key, value):
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(',', ':'))
        text.encode('utf-8')
    except UnicodeEncodeError:  # half of a surrogate pair
        text = json.dumps(value, allow_nan=False, separators=(',', ':'))
    except Exception as error:
        run.fail('invalid_step', 'The question of {} is not JSON: {}. It was not asked'.format(key, str(error)[:200]))
    if len(text) > durable.MAX_RESULT_BYTES and len(json.dumps(text)) > MAX_FRAME_BYTES:
        run.fail('invalid_step', 'The question of {} takes {} bytes as JSON, which is too much. It was not asked'.format(
            key, len(text)))
    return text


class Task(object):
    """A wait for a person. `decision`: the use of `decide` that asks."""

    def __init__(self, run, key, entry, seconds, text, decision=None):
        self.run, self.key, self.entry, self.seconds, self.text = run, key, entry, seconds, text
        self.decision = decision

    def is_over(self):
        return self.entry is not None and self.entry[0] in ('done', 'timed_out')

    def begin(self):
        until = self.entry[1] if self.entry else None
        self.run.add_wait(self.key, self.text, 0, until, self.seconds if until is None else None, self.decision)

    async def in_loop(self):
        return await end_in_loop(self.run, self.key, self.entry is None, self)

    def result(self):
        if self.entry[0] == 'done':
            return Answer(json.loads(self.entry[3]))
        error = durable.TimedOut('nobody answered {} in time'.format(self.key))
        error._key = list(self.key.id)
        raise error
