"""The settings that a run gets and what it changed of them."""
import json

VALUE_BYTES = 256 * 1024
TOTAL_BYTES = 1024 * 1024
KEY_BYTES = 1024
DEPTH = 200
WORKFLOW_ID = '__workflow_id'

_INFINITY = float('inf')
_loads = json.loads
# It lets infinities pass: a person may have stored `1e400`, which Python reads as one. `_plain` refuses a run's.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(',', ':'), check_circular=False).encode


class InvalidSettings(Exception):
    """Something in the settings is not JSON; the text names the key and the type."""


class Settings(object):
    """The dict that a run gets, and what it looked like before."""

    def __init__(self, text, workflow_id):
        self.values = _loads(text) if text else {}
        self._before = {key: _encode(value) for key, value in self.values.items()}
        self.values[WORKFLOW_ID] = workflow_id

    def changes(self):
        """({key: JSON text}, [deleted keys]). Raises InvalidSettings."""
        changed, total = {}, 0
        # One C call copies it: a thread that still writes can't tear the copy.
        now = dict(self.values)
        for key, value in now.items():
            _check_key(key)
            if key == WORKFLOW_ID:
                continue
            try:
                text, size = _to_json(key, value)
            except InvalidSettings:
                if self._is_as_given(key, value):
                    continue
                raise
            total += size + len(key.encode('utf-8'))
            if self._before.get(key) != text:
                changed[str.__str__(key)] = text
        deleted = [key for key in self._before if key not in now]
        if changed and total > TOTAL_BYTES:
            raise InvalidSettings('The settings hold {} bytes as JSON; at most {} are kept'.format(total, TOTAL_BYTES))
        return changed, deleted

    def _is_as_given(self, key, value):
        """Whether a value that can't be kept came like this and was left alone: that is not the run's failure."""
        before = self._before.get(key)
        if before is None:
            return False
        try:
            _to_json(key, _loads(before))
            return False
        except InvalidSettings:
            pass
        try:
            return _encode(value) == before
        except Exception:
            return False


def _check_key(key):
    if not isinstance(key, str):
        raise InvalidSettings('The settings have the key {!r}: keys must be str, found {}'.format(
            _short(key), type(key).__name__))
    try:
        size = len(key.encode('utf-8'))
    except UnicodeEncodeError:
        raise InvalidSettings('The settings have the key {}: it is no valid Unicode text'.format(_short(key))) from None
    if size > KEY_BYTES:
        raise InvalidSettings('The settings have a key of {} bytes that begins {}: at most {} are allowed'.format(
            size, _short(key), KEY_BYTES))


def _to_json(key, value):
    try:
        text = _encode(_plain(value, 0))
        size = len(text.encode('utf-8'))
    except InvalidSettings as error:
        raise InvalidSettings('settings[{}] {}'.format(_short(key), error)) from None
    except UnicodeEncodeError:
        raise InvalidSettings('settings[{}] holds half of a surrogate pair (str), which is no valid Unicode text'.format(
            _short(key))) from None
    except (ValueError, OverflowError) as error:
        raise InvalidSettings('settings[{}] is not JSON ({}): {}'.format(
            _short(key), type(value).__name__, str(error)[:200])) from None
    if size > VALUE_BYTES:
        raise InvalidSettings('settings[{}] ({}) takes {} bytes as JSON; at most {} are kept'.format(
            _short(key), type(value).__name__, size, VALUE_BYTES))
    return text, size


def _plain(value, depth):
    """The same value of plain types only. Subclasses are read past their own methods."""
    kind = type(value)
    if value is None or kind is bool or kind is str or kind is int:
        return value
    if depth > DEPTH:
        raise InvalidSettings('is a {} nested deeper than {} (or within itself)'.format(kind.__name__, DEPTH))
    if isinstance(value, float):
        value = float.__pos__(value)
        if value != value or value in (_INFINITY, -_INFINITY):
            raise InvalidSettings('holds the float {!r}, which JSON does not have'.format(value))
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__pos__(value)
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in list.copy(value)]
    if isinstance(value, tuple):
        return [_plain(item, depth + 1) for item in tuple.__iter__(value)]
    if isinstance(value, dict):
        return {_plain_key(key): _plain(item, depth + 1) for key, item in dict.copy(value).items()}
    raise InvalidSettings('holds a {}, which is not JSON; store a str, a number, a bool, None, a list or a dict'.format(
        kind.__name__))


def _plain_key(key):
    if not isinstance(key, str):
        raise InvalidSettings('holds a dict with the key {} ({}); JSON keys are str'.format(
            _short(key), type(key).__name__))
    return str.__str__(key)


def _short(value):
    try:
        text = ascii(value)
    except BaseException:
        text = '<{}>'.format(type(value).__name__)
    return text if len(text) <= 80 else text[:79] + '…'
