import collections
import copy
import datetime
import decimal
import enum
import json
import pickle
import threading
import time


class Hostile(dict):
    def items(self):
        raise RuntimeError('no items')


class Color(enum.IntEnum):
    RED = 3


def put(value, key='key'):
    return lambda settings: settings.__setitem__(key, value)


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def cycle(settings):
    value = {}
    value['self'] = value
    settings['key'] = value


def rebind(settings):
    settings = {}
    settings['lost'] = 1


def keeps_writing(settings):
    settings['busy'] = {}

    def write():
        number = 0
        while True:
            number += 1
            settings['busy'][str(number % 1000)] = number
            settings['n%d' % (number % 50)] = 1

    for _ in range(3):
        threading.Thread(target=write, daemon=True).start()
    time.sleep(0.05)


def operates(settings):
    assert [settings.increment('n'), settings.increment('n', 2), settings.increment('sum', 0.5)] == [2, 4, 0.5]
    assert [settings.add('list', 'a'), settings.add('list', 'a'), settings.add('list', {'b': 1})] == [True, False, True]
    assert [settings.discard('list', 'a'), settings.discard('gone', 'a')] == [True, False]
    settings.put_in('map', '__proto__', 1)
    settings.put_in('deep', 'a', 2)
    settings['text'] = 'w'


def stays_a_dict(settings):
    settings.increment('n')
    plain = {'n': 2, 'text': 'v', 'deep': {'a': 1, 'b': []}, 'exact': [2 ** 63, 1.0, {'10': 1, '9': 2}], '__workflow_id': 'wf_1'}
    assert isinstance(settings, dict) and settings == plain and repr(settings) == repr(plain)
    assert json.dumps(settings) == json.dumps(plain)
    for other in (settings.copy(), copy.copy(settings), copy.deepcopy(settings), pickle.loads(pickle.dumps(settings)), dict(settings)):
        assert type(other) is dict and other == plain
    assert copy.deepcopy(settings)['deep'] is not settings['deep']


CASES = {
    'operates': operates,
    'stays a dict': stays_a_dict,
    'adds to a text': lambda settings: settings.increment('text'),
    'adds True': lambda settings: settings.increment('n', True),
    'adds to no list': lambda settings: settings.add('n', 1),
    'puts in no dict': lambda settings: settings.put_in('n', 'a', 1),
    'nothing': lambda settings: None,
    'counts': lambda settings: settings.__setitem__('n', settings['n'] + 1),
    'copies': lambda settings: settings.__setitem__('copy', settings['text']),
    'same value': lambda settings: settings.__setitem__('text', 'v'),
    'datetime': put(datetime.datetime(2020, 1, 1)),
    'bytes': put(b'x'),
    'set': put({1}),
    'decimal': put(decimal.Decimal(1)),
    'object': put(object()),
    'lambda': put(lambda: 1),
    'nested set': put({'a': [{'b': {1}}]}),
    'tuple': put((1, (2, 3))),
    'int key': put({1: 'x'}),
    'bool key': put({True: 'x'}),
    'none key': put({None: 'x'}),
    'float key': put([{1.5: {2: 1}}]),
    'many int keys': put({key: 0 for key in range(30)}),
    'tuple key': put({'a': {(1, 2): 0}}),
    'top tuple key': put(7, (1, 2)),
    'top int key': put(7, 1),
    'nan': put(float('nan')),
    'infinity': put([float('-inf')]),
    'cycle': cycle,
    'depth 200': put(nested(200)),
    'depth 202': put(nested(203)),
    'long text': put('x' * 10000000),
    'limit text': put('x' * (256 * 1024 - 2)),
    'many keys': lambda settings: settings.update({'key%d' % number: 'x' * 20 for number in range(100000)}),
    'too many keys': lambda settings: settings.update({'key%d' % number: 1 for number in range(1001)}),
    'too many changes': lambda settings: settings.update({'key%d' % number: 1 for number in range(501)}),
    'most changes': lambda settings: settings.update({'key%d' % number: '\u00e9' * 900 for number in range(500)}),
    'exact': put([2 ** 63, 1.0, -0.0, '\u0000', {'10': 1, '9': 2}, 1e22, 0.1, '\u00e9\U0001f600']),
    'surrogate': put('a\ud800'),
    'surrogate key': put(1, '\ud800'),
    'deletes': lambda settings: settings.pop('text'),
    'clears': lambda settings: settings.clear(),
    'rebinds': rebind,
    'nested change': lambda settings: settings['deep']['b'].append(1),
    'hostile items': put(Hostile(a=1)),
    'subclasses': put(collections.OrderedDict([('b', Color.RED), ('a', collections.defaultdict(int, z=1))])),
    'odd keys': lambda settings: settings.update({'__proto__': 1, 'constructor': 2, '': 3, '\U0001f600': 4, '__incremental': 'enable'}),
    'long key': put(1, 'k' * 1025),
    'workflow id': lambda settings: settings.update({'__workflow_id': 'forged'}),
    'keeps writing': keeps_writing,
    'then raises': lambda settings: settings.update({'n': 9}) or 1 // 0,
    'shows': lambda settings: print(sorted(settings.items(), key=str)),
}


def workflow(_request, settings):
    CASES[_request['case']](settings)
