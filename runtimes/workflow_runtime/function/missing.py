"""Advice about undefined names and missing keys."""
import ast
import builtins
import importlib.util
import linecache
import re

from .request import Headers, Request
from .settings import WORKFLOW_ID

_NOT_DEFINED = re.compile(r"name '(\w+)' is not defined")
_FORM = 'application/x-www-form-urlencoded'
_MAX_NAMES = 20
_MAX_NAME_LENGTH = 60
_PLAIN = re.compile(r'[\w.$:/@-][\w.$:/@ -]*\Z')


def hint_for(error, source):
    """Returns the line that defines the name of a NameError, such as ``add `from typing import Dict` ``, or None."""
    match = _NOT_DEFINED.match(str(error))
    if match is None:
        return None
    name = match.group(1)
    import typing
    if name in typing.__all__:
        missing = sorted(_undefined(source) & set(typing.__all__) | {name})
        return 'Nothing imports it: add `from typing import {}`'.format(', '.join(missing))
    return 'Nothing imports it: add `import {}`'.format(name) if _is_module(name) else None


def _undefined(source):
    """Returns the names that the source reads but neither binds nor imports."""
    read, bound = set(), set(dir(builtins))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split('.')[0])
    return read - bound


def _is_module(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def note_for(error, request, settings):
    """Returns a sentence about the existing keys, or '' if the KeyError comes from another dict."""
    try:
        if type(error) is not KeyError or len(error.args) != 1 or not isinstance(error.args[0], str):
            return ''
        key = error.args[0]
        frames = _frames(error.__traceback__)
        if isinstance(request, Request) and _is_of_request(frames, request):
            return _of_request(request, '-' in key or key != key.lower())
        if settings is not None and key not in settings and _is_of_settings(frames[-1], key, settings):
            names = _names(name for name in settings if name != WORKFLOW_ID)
            return 'The settings have the keys {}'.format(names) if names else 'The settings have no keys'
        return ''
    except BaseException:  # the function may have changed both
        return ''


def _frames(entry):
    frames = []
    while entry is not None:
        frames.append((entry.tb_frame, entry.tb_lineno))
        entry = entry.tb_next
    return frames


def _is_of_request(frames, request):
    frame, _ = frames[-1]
    codes = (Request.__missing__.__code__, Headers.__missing__.__code__)
    return frame.f_code in codes and (frame.f_locals.get('self') is request or frame.f_locals.get('self') is request.headers)


def _of_request(request, with_headers):
    # `curl -d` sends JSON as a form by default.
    if request.headers.get('content-type', '').lower().startswith(_FORM) and request.body.lstrip()[:1] in (b'{', b'['):
        return 'The request has no such field: it is JSON, sent as a form. Expected Content-Type: application/json'
    fields = _names(name for name in request if not dict.__contains__(request.headers, name))
    text = 'The request has the fields {}'.format(fields) if fields else 'The request has no fields'
    headers = _names(request.headers) if with_headers else ''
    return '{} and the headers {}'.format(text, headers) if headers else text


def _is_of_settings(innermost, key, settings):
    """True if the line reads the key from a variable that holds the settings. A plain dict leaves no frame."""
    frame, line_number = innermost
    line = linecache.getline(frame.f_code.co_filename, line_number, frame.f_globals)
    held = [name for scope in (frame.f_locals, frame.f_globals) for name, value in scope.items() if value is settings]
    taken = r'\s*(?:\[|\.pop\()\s*(?:["\']{}["\']|[^\s"\'])'.format(re.escape(key))
    return any(re.search(r'\b{}{}'.format(re.escape(name), taken), line) for name in held)


def _names(keys):
    names = [_shown(key) for key in keys if isinstance(key, str)]
    more = len(names) - _MAX_NAMES
    return ', '.join(names[:_MAX_NAMES]) + (' and {} more'.format(more) if more > 0 else '')


def _shown(key):
    name = key if len(key) <= _MAX_NAME_LENGTH else key[:_MAX_NAME_LENGTH - 1] + '…'
    return name if _PLAIN.match(name) else ascii(name)
