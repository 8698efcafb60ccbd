import codecs
import re
import sys
import types

from . import binding, distributions, failures, missing, modules

_PARAMETERS = {'catch': ('_request', 'settings'), 'pull': ('settings',)}
_COOKIE = re.compile(r'^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)')


class LoadError(Exception):
    """The source does not load. `report` is {detail, line, place, traceback, out_of_memory}. `place` is {file, line}
    in a module, or None.
    """

    def __init__(self, detail, line=None, traceback=None, out_of_memory=False, place=None):
        Exception.__init__(self, detail)
        self.report = {'detail': detail, 'line': line, 'place': place, 'traceback': traceback, 'out_of_memory': out_of_memory}


def load(source, kind):
    """Runs the source as the module `workflow` and returns call(request, settings). Raises LoadError."""
    failures.remember_source(source)
    module = types.ModuleType('workflow')
    module.__file__ = failures.FILE_NAME
    sys.modules['workflow'] = module
    try:
        _check_cookie(source)
        code = compile(source, failures.FILE_NAME, 'exec', dont_inherit=True)
        exec(code, module.__dict__)
    except BaseException as error:
        raise _load_error(error, source) from None
    return _find_function(module, kind, source)


def _check_cookie(source):
    for number, line in enumerate(source.split('\n')[:2], 1):
        cookie = _COOKIE.match(line)
        if cookie is not None:
            try:
                codecs.lookup(cookie.group(1))
            except LookupError:
                raise SyntaxError('unknown encoding: ' + cookie.group(1),
                                  (failures.FILE_NAME, number, 1, line)) from None


def _load_error(error, source):
    if isinstance(error, MemoryError):
        failures.forget_frames(error)
    described = failures.describe(error)
    detail = described['message']
    if isinstance(error, SyntaxError):
        detail = '{}: {}'.format(type(error).__name__, error.msg)
    elif isinstance(error, SystemExit):
        detail = detail.replace('instead of returning', 'while the module was loading')
    place = failures.place_of(error, modules.sources)
    in_module = None if place is None or place[0] == failures.FILE_NAME else {'file': place[0], 'line': place[1]}
    if in_module is not None:
        detail += ' ({file}, line {line})'.format(**in_module)
    if isinstance(error, ImportError):
        hint = distributions.hint_for(error) or 'It is not among the packages of this runtime'
        detail += '. ' + hint if _is_missing(error) else ''
    elif isinstance(error, NameError) and in_module is None:
        hint = missing.hint_for(error, source)
        detail += '. ' + hint if hint else ''
    return LoadError(detail, described['line'], described['traceback'], isinstance(error, MemoryError), in_module)


def _is_missing(error):
    return type(error).__name__ == 'ModuleNotFoundError'


def _find_function(module, kind, source):
    expected = 'def workflow({}):'.format(', '.join(_PARAMETERS[kind]))
    names = module.__dict__
    if 'workflow' not in names:
        found = sorted(name for name, value in names.items() if isinstance(value, types.FunctionType))
        raise LoadError('The source defines no `workflow`. Expected `{}`, found {}'.format(
            expected, 'the functions ' + ', '.join(found[:20]) if found else 'no function'), 1)
    function = names['workflow']
    if not callable(function):
        raise LoadError('`workflow` is not callable. Expected `{}`, found a value of type {}'.format(
            expected, type(function).__name__), _line_of(function, source))
    try:
        return binding.bind(function, kind)
    except binding.Mismatch as error:
        count = len(_PARAMETERS[kind])
        raise LoadError('`workflow` is called with {} argument{}. Expected `{}`, found `workflow{}`'.format(
            count, '' if count == 1 else 's', expected, error), _line_of(function, source)) from None


def _line_of(value, source):
    """Returns the line that defines or last assigns `workflow`, or 1 if the name is bound in another way."""
    code = getattr(value, '__code__', None)
    if getattr(code, 'co_filename', None) == failures.FILE_NAME:
        return code.co_firstlineno
    import ast
    return max([node.lineno for node in ast.walk(ast.parse(source)) if _binds(node, ast)] or [1])


def _binds(node, ast):
    if isinstance(node, ast.Name):
        return node.id == 'workflow' and isinstance(node.ctx, ast.Store)
    return isinstance(node, ast.ClassDef) and node.name == 'workflow'
