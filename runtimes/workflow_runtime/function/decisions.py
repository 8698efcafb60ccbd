"""Decisions about people in a durable run. The module `workflows` exports `decide`."""
import asyncio
import json

from . import durable
from .tasks import Task
from .waits import check_unused


def decide(subject=None, outcome=None, *others, reasons=None, inputs=None, model=None, score=None, attributes=None,
           name='decision', **unknown):
    """Records a decision about a person and returns the outcome that counts.

    An outcome that needs a person ends the process, and continues with what the person chose. Raises TimedOut if nobody
    answers in time. The server checks the arguments: a TypeError could be caught.
    """
    run = durable.current('decide({!r})'.format(name))
    if others:
        run.fail('invalid_decision', 'decide takes subject and outcome by position, found {} arguments. Name the others, '
                 'such as reasons=[...]. It was not stored'.format(2 + len(others)))
    text = _to_json(run, dict(unknown, subject=subject, outcome=outcome, reasons=reasons, inputs=inputs, model=model,
                              score=score, attributes=attributes))
    number, task_name = run.begin_decision(name, outcome)
    if task_name is not None:
        return _ask(run, task_name, text, {'name': name, 'number': number})
    key, entry = run.begin('step', name)
    if durable.in_loop():
        return asyncio.ensure_future(_record_in_loop(run, key, entry, text, outcome, number))
    if entry is None:
        run.await_others(key)
    return _record(run, key, entry, text, outcome, number)


def _ask(run, name, text, decision):
    check_unused(run, 'task', name)
    key, entry = run.begin('task', name)
    seconds = run.options['overseen']['ms'] / 1000 if entry is None else None
    task = Task(run, key, entry, seconds, text, decision)
    if durable.in_loop():
        return asyncio.ensure_future(_choice_in_loop(task))
    if entry is None:
        run.await_others(key)
    if not task.is_over():
        task.begin()
        durable.stop()
    return task.result().choice


async def _choice_in_loop(task):
    return (await task.in_loop()).choice


async def _record_in_loop(run, key, entry, text, outcome, number):
    if entry is None:
        await run.await_others_in_loop(key)
    return _record(run, key, entry, text, outcome, number)


def _record(run, key, entry, text, outcome, number):
    if entry is not None:
        return json.loads(entry[3])
    run.store(key, 'done', text, 1, durable.now(), decision=number)
    run.end_step(key)
    # Parsing all arguments took 3 us. A str subclass becomes a plain str.
    return outcome if type(outcome) is str else json.loads(text)['outcome']


def _to_json(run, given):
    try:
        return json.dumps(given, ensure_ascii=False, allow_nan=False, separators=(',', ':'))
    except Exception as error:
        run.fail('invalid_decision', 'An argument of decide is not JSON: {}. It was not stored'.format(str(error)[:200]))
