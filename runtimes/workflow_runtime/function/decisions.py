"""Decisions about people in a durable run. The module `workflows` exports `decide`."""
import asyncio
import json

from . import durable


def decide(subject, outcome, *, reasons, inputs=None, model=None, score=None, attributes=None, name='decision'):
    """Records a decision about a person and returns the outcome that counts."""
    run = durable.current('decide({!r})'.format(name))
    key, entry = run.begin('step', name)
    given = {'subject': subject, 'outcome': outcome, 'reasons': reasons, 'inputs': inputs, 'model': model, 'score': score,
             'attributes': attributes}
    if durable.in_loop():
        return asyncio.ensure_future(_decide_in_loop(run, key, entry, given))
    if entry is not None:
        return json.loads(entry[3])
    run.await_others(key)
    return _record(run, key, given)


async def _decide_in_loop(run, key, entry, given):
    if entry is not None:
        return json.loads(entry[3])
    await run.await_others_in_loop(key)
    return _record(run, key, given)


def _record(run, key, given):
    started = durable.now()
    try:
        text = json.dumps(given, ensure_ascii=False, allow_nan=False, separators=(',', ':'))
    except Exception as error:
        run.fail('invalid_decision', 'An argument of decide is not JSON: {}. It was not stored'.format(str(error)[:200]))
    run.store(key, 'done', text, 1, started, decision=True)
    run.end_step(key)
    return given['outcome']
