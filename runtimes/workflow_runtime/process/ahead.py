"""Imports modules of an environment before a sandbox gets its source, and lists a source's imports.

An import runs a package's code, so it happens in the sandbox that will use it, and never in a zygote.
"""
import importlib
import sys
import time

_clock = time.perf_counter
_modules = sys.modules
# Limits of the server's reader (src/domain/packages/ahead-imports.ts).
_MAX_NAMES, _MAX_LENGTH = 2000, 100
# Faster loads do not justify a waiting sandbox.
_SLOW_SECONDS = 0.05


def import_modules(names):
    """Imports modules in order. Returns False if one fails. The process must not be used after that."""
    try:
        for name in names:
            importlib.import_module(name)
        return True
    except BaseException:  # an import may also exit
        return False


def list_imports(packages, started):
    """Returns modules from the folder `packages` if the load since `started` was slow, else none."""
    if not packages or _clock() - started < _SLOW_SECONDS:
        return []
    found = []
    for name, module in list(_modules.items()):
        if len(found) == _MAX_NAMES:
            break
        try:
            if len(name) <= _MAX_LENGTH and _is_below(module, packages):
                found.append(name)
        except Exception:  # user code may have put anything there
            pass
    return found


def _is_below(module, packages):
    path = module.__dict__.get('__file__') or next(iter(module.__dict__.get('__path__', ())), '')
    return isinstance(path, str) and path.startswith(packages + '/')
