import decimal
import enum
import http
import json
import sys


class Lies(dict):
    def __getitem__(self, key):
        raise RuntimeError('no')

    def get(self, key, default=None):
        return 'lie'

    def items(self):
        raise RuntimeError('no items')

    def __iter__(self):
        raise RuntimeError('no keys')


class Odd(str):
    def __str__(self):
        return 'something else'

    def encode(self, *_):
        return b'forged'


class Status(enum.Enum):
    FATAL = 'fatal'
    SUCCESS = 'success'


class Text(str, enum.Enum):
    SOME = 'success_with_failures'


class Result(object):
    def __init__(self, status):
        self.status = status
        self.reason = 'no credentials'


class Hostile(object):
    @property
    def status(self):
        raise KeyboardInterrupt()

    def __repr__(self):
        raise SystemExit(3)


def ok(**more):
    return dict({'status_code': 200, 'body': 'x'}, **more)


def headers(value):
    return ok(headers=value)


def cycle():
    found = ok()
    found['self'] = found
    return found


async def waits():
    return ok(body='awaited')


CASES = {
    'nothing': lambda: None,
    'empty text': lambda: '',
    'list': lambda: [1, 2],
    'tuple': lambda: ('x', 200),
    'number': lambda: 42,
    'generator': lambda: (number for number in range(3)),
    'coroutine': waits,
    'plain': lambda: ok(body='h\u00e9llo \u20ac \U0001f600'),
    'empty dict': lambda: {},
    'no status': lambda: {'body': 'x'},
    'no body': lambda: {'status_code': 200},
    'status text': lambda: ok(status_code='200'),
    'status bool': lambda: ok(status_code=True),
    'status float': lambda: ok(status_code=200.0),
    'status decimal': lambda: ok(status_code=decimal.Decimal(200)),
    'status none': lambda: ok(status_code=None),
    'status enum': lambda: ok(status_code=http.HTTPStatus.CREATED),
    'status 99': lambda: ok(status_code=99),
    'status 0': lambda: ok(status_code=0),
    'status -1': lambda: ok(status_code=-1),
    'status huge': lambda: ok(status_code=10 ** 30),
    'status beyond printing': lambda: ok(status_code=10 ** 5000),
    'status 101': lambda: ok(status_code=101),
    'status 199': lambda: ok(status_code=199),
    'status 600': lambda: ok(status_code=600),
    'status 599': lambda: ok(status_code=599),
    'status 204': lambda: ok(status_code=204),
    'body bytes': lambda: ok(body=b'x'),
    'body dict': lambda: ok(body={'a': 1}),
    'body none': lambda: ok(body=None),
    'body int': lambda: ok(body=1),
    'body 6 MiB': lambda: ok(body='x' * (6 * 1024 * 1024)),
    'body over 6 MiB': lambda: ok(body='x' * (6 * 1024 * 1024 + 1)),
    'body 100 MB': lambda: ok(body='x' * 100000000),
    'body odd str': lambda: ok(body=Odd('true text')),
    'body surrogate': lambda: ok(body='ab\ud800c'),
    'body zero': lambda: ok(body='a\0b'),
    'header plain': lambda: headers({'X-One': '1', 'Content-Type': 'text/csv'}),
    'header list': lambda: headers({'X-Many': ['a', 'b']}),
    'header latin': lambda: headers({'X-Name': 'caf\u00e9'}),
    'header break': lambda: headers({'X': 'a\r\nSet-Cookie: b'}),
    'header feed': lambda: headers({'X': 'a\nb'}),
    'header zero': lambda: headers({'X': 'a\0b'}),
    'header name empty': lambda: headers({'': 'x'}),
    'header name space': lambda: headers({'X Y': 'x'}),
    'header name colon': lambda: headers({'X:': 'x'}),
    'header name feed': lambda: headers({'X\n': 'x'}),
    'header name unicode': lambda: headers({'X-\u00e9': 'x'}),
    'header name int': lambda: headers({1: 'x'}),
    'header int': lambda: headers({'X': 1}),
    'header bool': lambda: headers({'X': True}),
    'header none': lambda: headers({'X': None}),
    'header dict': lambda: headers({'X': {}}),
    'header list of int': lambda: headers({'X': ['a', 1]}),
    'header euro': lambda: headers({'X': '\u20ac'}),
    'headers none': lambda: headers(None),
    'headers list': lambda: headers([('X', 'y')]),
    'headers 64': lambda: headers({'X-%d' % number: 'x' for number in range(64)}),
    'headers 65': lambda: headers({'X-%d' % number: 'x' for number in range(65)}),
    'headers long': lambda: headers({'X': 'x' * 16385}),
    'extra keys': lambda: ok(unknown=(number for number in ()), file=sys.stdout),
    'cycle': cycle,
    'lies': lambda: Lies(status_code=201, body='true'),
    'nan': lambda: ok(body=json.dumps({'a': float('nan')})),
    'failed result': lambda: Result(Status.FATAL),
    'partly failed result': lambda: Result(Text.SOME),
    'failed result as text': lambda: Result('fatal'),
    'good result': lambda: Result(Status.SUCCESS),
    'hostile result': Hostile,
}


def workflow(_request, settings):
    return CASES[_request['case']]()
