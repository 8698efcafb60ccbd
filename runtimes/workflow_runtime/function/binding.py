"""Binds the request and the settings to the parameters of `workflow`."""
import inspect
import types

_REQUEST_NAMES = ('_request', 'request', 'body')
_NONE = inspect.Parameter.empty
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_VARIABLE_ARGUMENTS = 0x04


class Mismatch(Exception):
    """The function does not accept its arguments. The message is its signature."""


def bind(function, kind):
    """Returns call(request, settings). Raises Mismatch.

    A parameter called `settings` gets the settings at any position. Keyword-only parameters called `settings`,
    `_request`, `request` or `body` are bound by name, all others by position. In a pull function with two parameters,
    the other one gets an empty dict.
    """
    if _is_plain(function, kind):
        return function if kind == 'catch' else lambda request, settings: function(settings)
    try:
        signature = inspect.signature(function, follow_wrapped=False)
    except (TypeError, ValueError):
        return function if kind == 'catch' else lambda request, settings: function(settings)
    parameters = list(signature.parameters.values())
    positional = [parameter for parameter in parameters if parameter.kind in _BY_POSITION]
    places, names = _places(parameters, positional, kind)
    call = _caller(function, places, names)
    try:
        signature.bind(*places, **names)
    except TypeError:
        raise Mismatch(str(signature)[:500])
    return call


def _is_plain(function, kind):
    """True for `workflow(_request, settings)` and `workflow(settings)`, which are called directly."""
    code = getattr(function, '__code__', None)
    if type(function) is not types.FunctionType or code.co_kwonlyargcount or code.co_flags & _VARIABLE_ARGUMENTS:
        return False
    names = code.co_varnames[:code.co_argcount]
    return names == ('settings',) if kind == 'pull' else len(names) == 2 and names[0] != 'settings'


def _places(parameters, positional, kind):
    """Returns the value ('request' or 'settings') of each position and of each keyword-only parameter."""
    names = {}
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            if parameter.name == 'settings':
                names[parameter.name] = 'settings'
            elif parameter.name in _REQUEST_NAMES:
                names[parameter.name] = 'request'
    waiting = ['request', 'settings'] if kind == 'catch' else ['settings']
    waiting = [what for what in waiting if what not in names.values()]
    required = [parameter for parameter in positional if parameter.default is _NONE]
    if kind == 'pull' and len(required) == 2 and len(waiting) == 1:
        waiting.append('request')
    places = []
    if any(parameter.name == 'settings' for parameter in positional) and 'settings' in waiting:
        waiting.remove('settings')
        for parameter in positional:
            if parameter.name == 'settings':
                places.append('settings')
                if not waiting:
                    break
            elif waiting:
                places.append(waiting.pop(0))
            else:
                break
        if 'settings' not in places:  # an earlier parameter has no value
            names['settings'] = 'settings'
    return places + waiting, names


def _caller(function, places, names):
    def call(request, settings):
        values = {'request': {} if request is None else request, 'settings': settings}
        return function(*[values[what] for what in places], **{name: values[what] for name, what in names.items()})
    return call
