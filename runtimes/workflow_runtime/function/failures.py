"""Describes exceptions of user code, with tracebacks that start in user code. Never raises, and limits its output."""
import builtins
import linecache
import os
import traceback

FILE_NAME = 'workflow.py'
# Characters. The server enforces them too (src/workers/worker/outcome.ts).
MAX_MESSAGE_LENGTH = 10000
MAX_TRACEBACK_LENGTH = 64 * 1024
MAX_CHAIN_LENGTH = 10
FRAMES_AT_START, FRAMES_AT_END = 20, 80

# The folder workflow_runtime.
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STEPS = [os.path.join(os.path.dirname(os.path.abspath(__file__)), name) for name in ('decisions.py', 'durable.py', 'waits.py')]
_CAUSE = '\nThe above exception was the direct cause of the following exception:\n\n'
_CONTEXT = '\nDuring handling of the above exception, another exception occurred:\n\n'
_Group = getattr(builtins, 'BaseExceptionGroup', None)


def remember_source(source, name=FILE_NAME):
    """Shows the lines of a source in tracebacks. Without a time stamp, `checkcache` keeps the entry."""
    lines = [line + '\n' for line in source.replace('\r\n', '\n').replace('\r', '\n').split('\n')]
    linecache.cache[name] = (len(source), None, lines, name)


def describe(error):
    """Returns {message, traceback, line}."""
    return {
        'message': message_of(error),
        'traceback': _guard(_traceback_text, error, 'The traceback could not be formatted.\n')[:MAX_TRACEBACK_LENGTH],
        'line': _guard(line_of, error, None),
    }


def message_of(error):
    """Returns the type and text, such as `ValueError: bad input`."""
    name = type(error).__name__
    text = _guard(_text_of, error, '<its text could not be read>')[:MAX_MESSAGE_LENGTH]
    if isinstance(error, SystemExit):
        return 'SystemExit: the function called sys.exit({}) instead of returning'.format(text)
    return '{}: {}'.format(name, text) if text else name


def text_of(error):
    return _guard(_text_of, error, '<its text could not be read>')


def line_of(error):
    """Returns the innermost line of the source, or None."""
    if isinstance(error, SyntaxError) and error.filename == FILE_NAME:
        return error.lineno
    line = None
    entry = error.__traceback__
    while entry is not None:
        if entry.tb_frame.f_code.co_filename == FILE_NAME:
            line = entry.tb_lineno
        entry = entry.tb_next
    return line


def place_of(error, files):
    """Returns the innermost (file, line) of user code, or None. `files`: names of the modules."""
    return _guard(lambda caught: _place_of(caught, files), error, None)


def _place_of(error, files):
    if isinstance(error, SyntaxError) and (error.filename == FILE_NAME or error.filename in files):
        return error.filename, error.lineno
    place = None
    entry = error.__traceback__
    while entry is not None:
        name = entry.tb_frame.f_code.co_filename
        if name == FILE_NAME or name in files:
            place = name, entry.tb_lineno
        entry = entry.tb_next
    return place


def forget_frames(error):
    """Frees variables of the exception's frames, which hold most of the memory after a MemoryError."""
    _guard(lambda caught: traceback.clear_frames(caught.__traceback__), error, None)


def _guard(function, error, fallback):
    try:
        return function(error)
    except BaseException:
        return fallback


def _text_of(error):
    text = str(error)
    return str.__str__(text) if isinstance(text, str) else '<its text is not a str>'


def _traceback_text(error):
    parts = []
    for link, (caught, separator) in enumerate(_chain(error)):
        if link == MAX_CHAIN_LENGTH:
            parts.insert(0, '(more exceptions before these are not shown)\n\n')
            break
        parts.insert(0, _format_one(caught) + separator)
    return ''.join(parts)


def _chain(error):
    """Yields the exception and its predecessors, newest first, each with its following separator."""
    seen = set()
    separator = ''
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error, separator
        if error.__cause__ is not None:
            error, separator = error.__cause__, _CAUSE
        elif error.__context__ is not None and not error.__suppress_context__:
            error, separator = error.__context__, _CONTEXT
        else:
            return


def _format_one(error):
    entries = _user_entries(error.__traceback__)
    if _Group is not None and isinstance(error, _Group):
        return _format_group(error, entries)
    lines = []
    if entries:
        lines.append('Traceback (most recent call last):\n')
        skipped = len(entries) - FRAMES_AT_START - FRAMES_AT_END
        if skipped > 0:
            lines.extend(_format_entries(entries[:FRAMES_AT_START]))
            lines.append('  … {} more frames …\n'.format(skipped))
            entries = entries[-FRAMES_AT_END:]
        lines.extend(_format_entries(entries))
    lines.extend(_guard(_last_lines, error, [message_of(error) + '\n']))
    return ''.join(lines)


def _last_lines(error):
    if isinstance(error, SyntaxError):
        return traceback.format_exception_only(type(error), error)
    text = _guard(_text_of, error, '<its text could not be read>')[:MAX_MESSAGE_LENGTH]
    kind = type(error)
    module = kind.__module__
    name = kind.__qualname__ if module in ('builtins', '__main__', 'workflow') else '{}.{}'.format(module, kind.__qualname__)
    lines = ['{}: {}\n'.format(name, text) if text else name + '\n']
    notes = getattr(error, '__notes__', None)
    if isinstance(notes, list):
        lines.extend('{}\n'.format(note)[:MAX_MESSAGE_LENGTH] for note in notes[:20])
    return lines


def _format_group(error, entries):
    limited = traceback.TracebackException(
        type(error), error, entries[0] if entries else None, limit=50, max_group_width=15, max_group_depth=10)
    limited.__cause__ = limited.__context__ = None
    return ''.join(limited.format())


def _user_entries(entry):
    """Returns the traceback entries below the runtime and the asyncio loop."""
    while entry is not None and _is_ours(entry):
        entry = entry.tb_next
    entries = []
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    own = next((number for number, entry in enumerate(entries) if not _is_of_asyncio(entry)), 0)
    return [entry for entry in entries[own:] if entry.tb_frame.f_code.co_filename not in _STEPS]


def _is_ours(entry):
    name = entry.tb_frame.f_code.co_filename
    return name.startswith(_OURS) or name.startswith('<frozen importlib')


def _is_of_asyncio(entry):
    return entry.tb_frame.f_globals.get('__package__') == 'asyncio'


def _format_entries(entries):
    frames = ((entry.tb_frame, entry.tb_lineno) for entry in entries)
    return traceback.StackSummary.extract(frames).format()
