"""Finds the import that defines a missing name."""
import ast
import builtins
import importlib.util
import re

_NOT_DEFINED = re.compile(r"name '(\w+)' is not defined")


def hint_for(error, source):
    """Returns which line defines the name of a NameError, such as ``add `from typing import Dict` ``, or None."""
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
    """Returns the names that the source reads, and neither binds nor imports."""
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
