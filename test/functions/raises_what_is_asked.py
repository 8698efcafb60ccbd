import sys


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError('no text')


class Recursive(Exception):
    def __str__(self):
        return str(self)


class Exits(Exception):
    def __str__(self):
        raise SystemExit(1)


class NoText(Exception):
    def __str__(self):
        return 5


class Long(Exception):
    def __str__(self):
        return 'x' * 100000000


class Own(BaseException):
    pass


def raises(error):
    raise error


def chain():
    error = None
    for number in range(10000):
        try:
            raise ValueError(number) from error
        except ValueError as caught:
            error = caught
    raise error


def context():
    try:
        {}['missing']
    except KeyError:
        raise ValueError('second')


def recurse():
    return recurse()


def group():
    raise ExceptionGroup('several', [ValueError(1), TypeError('two')])


async def gives_up():
    raise ValueError('in a coroutine')


async def awaits():
    import asyncio
    await asyncio.sleep(0)
    await gives_up()


CASES = {
    'value error': lambda: raises(ValueError('a bad value')),
    'no message': lambda: raises(KeyError()),
    'unprintable': lambda: raises(Unprintable()),
    'recursive text': lambda: raises(Recursive()),
    'exiting text': lambda: raises(Exits()),
    'text that is none': lambda: raises(NoText()),
    'long text': lambda: raises(Long()),
    'surrogate text': lambda: raises(ValueError('a\ud800b')),
    'chain': chain,
    'context': context,
    'group': group if sys.version_info >= (3, 11) else lambda: raises(ValueError('several')),
    'exit': lambda: sys.exit(),
    'exit 0': lambda: sys.exit(0),
    'exit text': lambda: sys.exit('bye'),
    'quit': lambda: quit(),
    'interrupt': lambda: raises(KeyboardInterrupt()),
    'generator exit': lambda: raises(GeneratorExit()),
    'base exception': lambda: raises(Own('own')),
    'recursion': recurse,
    'stop iteration': lambda: raises(StopIteration(3)),
    'big number': lambda: int('1' * 5000) and raises(ValueError('digits')),
    'in a library': lambda: __import__('json').loads('{'),
    'in a coroutine': awaits,
}


def workflow(_request, settings):
    settings['changed'] = True
    return CASES[_request['case']]()
