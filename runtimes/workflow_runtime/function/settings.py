"""The `settings` argument of a workflow, and a run's changes to it."""
import itertools
import json
from _thread import RLock

WORKFLOW_ID = '__workflow_id'

_INFINITY = float('inf')
_MAX_WARNINGS = 20
_loads = json.loads
# A stored `1e400` is valid JSON, but infinity in Python. `_to_plain` rejects a run's infinities.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(',', ':'), check_circular=False).encode


class InvalidSettings(Exception):
    """The settings are not JSON or are too large. The message names the key and the type."""


class WrongKey(InvalidSettings):
    """A key that `json` does not accept."""

    def __init__(self, key):
        super().__init__('the key {} ({}) is none of str, int, float, bool and None'.format(
            _abbreviate(key), type(key).__name__))
        self.key = key


class Values(dict):
    """The settings as the function sees them: a dict with atomic operations.

    Copies are plain dicts. The lock makes operations of several threads atomic.
    """
    __slots__ = ('atomic', 'lock')

    def __init__(self, values):
        super().__init__(values)
        self.atomic = {}
        # Encoding may call user code, which may call an operation.
        self.lock = RLock()

    def increment(self, key, amount=1):
        """Adds to a number, or to 0, and returns the sum. Other runs' increments are kept."""
        _check_number('the amount', amount)
        with self.lock:
            value = self.get(key, 0)
            _check_number(_name(key), value)
            self[key] = value = value + amount
            self.atomic[key] = 'counter'
            return value

    def add(self, key, item):
        """Appends to a list unless it holds the item. Returns whether it was added. Other runs' items are kept."""
        with self.lock:
            items = self._find(key, list)
            is_new = item not in items
            if is_new:
                items.append(item)
                self.atomic[key] = 'set'
            return is_new

    def discard(self, key, item):
        """Removes an item from a list. Returns whether the list held it. Other runs' changes are kept."""
        with self.lock:
            items = self._find(key, list) if key in self else []
            is_found = item in items
            if is_found:
                items[:] = [other for other in items if other != item]
                self.atomic[key] = 'set'
            return is_found

    def put_in(self, key, name, value):
        """Sets settings[key][name]. Other runs' entries of the dict are kept."""
        if not isinstance(name, str):
            raise TypeError('the name of an entry in {} must be str, found {}'.format(_name(key), type(name).__name__))
        with self.lock:
            self._find(key, dict)[name] = value
            self.atomic[key] = 'map'

    def _find(self, key, kind):
        found = self.setdefault(key, kind())
        if not isinstance(found, kind):
            raise TypeError('{} is a {}; this operation needs a {}'.format(_name(key), type(found).__name__, kind.__name__))
        return found

    def __reduce_ex__(self, protocol):
        return dict, (dict(self),)

    def __deepcopy__(self, memo):
        from copy import deepcopy
        memo[id(self)] = plain = {}
        plain.update((deepcopy(key, memo), deepcopy(value, memo)) for key, value in self.items())
        return plain


def _check_number(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError('{} is {} ({}); increment needs an int or a float'.format(
            name, _abbreviate(value), type(value).__name__))


def _name(key):
    return 'settings[{}]'.format(_abbreviate(key))


class Settings(object):
    """The settings of one run.

    The function receives `values`. `limits` come from the `load` message (protocol.md).
    """

    def __init__(self, text, workflow_id, limits):
        self._limits = limits
        self.values = Values(_loads(text) if text else {})
        self._before = {key: _encode(value) for key, value in self.values.items()}
        self.values[WORKFLOW_ID] = workflow_id
        self.warnings = []

    def changes(self):
        """Returns ({changed key: JSON text}, [deleted keys]), and adds to the warnings. Raises InvalidSettings."""
        changed, total = {}, 0
        # One C call, so another thread cannot make the copy inconsistent.
        now = self._with_text_keys(dict(self.values))
        count = len(now) - (WORKFLOW_ID in now)
        # Stored settings may exceed the limit. A run may keep or reduce them.
        if count > max(self._limits['settings'], len(self._before)):
            raise InvalidSettings('The settings have {} keys; at most {} keys and at most {} bytes as JSON are allowed'.format(
                count, self._limits['settings'], self._limits['settings_bytes']))
        for key, value in now.items():
            _check_key(key, self._limits['setting_key_bytes'])
            if key == WORKFLOW_ID:
                continue
            try:
                text, size, is_converted = _to_json(key, value, self._limits)
            except InvalidSettings:
                if self._is_unchanged_invalid(key, value):
                    continue
                raise
            total += size + len(key.encode('utf-8'))
            if self._before.get(key) != text:
                changed[str.__str__(key)] = text
            if is_converted:
                self._warn(_odd_keys(value, _name(key)))
        deleted = [key for key in self._before if key not in now]
        changes, most = len(changed) + len(deleted), self._limits['changed_settings']
        if changes > most:
            raise InvalidSettings('The run changed {} settings; at most {} are allowed in one run'.format(changes, most))
        max_bytes = self._limits['settings_bytes']
        if changed and total > max_bytes:
            raise InvalidSettings('The settings take {} bytes as JSON; at most {} are allowed'.format(total, max_bytes))
        return changed, deleted

    def atomic_of(self, changed):
        named = {_plain_key(key): kind for key, kind in self.values.atomic.items()}
        return {key: kind for key, kind in named.items() if key in changed}

    def _with_text_keys(self, values):
        odd = [key for key in values if not isinstance(key, str)]
        if not odd:
            return values
        try:
            named = {_plain_key(key): value for key, value in values.items()}
        except WrongKey as error:
            raise InvalidSettings('{}: {}'.format(_name(error.key), error)) from None
        self._warn((_name(key), key) for key in odd)
        return named

    def _warn(self, keys):
        for path, key in itertools.islice(keys, _MAX_WARNINGS - len(self.warnings)):
            self.warnings.append({'code': 'settings_key_text', 'message': '{} is stored with the key {}: keys of JSON are '
                                  'text'.format(path, _encode(_plain_key(key)))})

    def mark(self):
        """Returns what `take` and `restore` compare with."""
        return _remember_all(dict(self.values)), dict(self.values.atomic)

    def take(self, mark):
        """Returns the changes since the mark and the next mark. The run's changes no longer include them.

        The changes are ({changed key: JSON text}, [deleted keys], {key: atomic operation}). Changes of another thread
        during the call follow with the next mark. Raises InvalidSettings.
        """
        with self.values.lock:
            values = dict(self.values)
            remembered = _remember_all(values)
            # `changes` warns of keys that are no text.
            try:
                now = {_plain_key(key): (value, remembered[key]) for key, value in values.items() if key in remembered}
                before = {_plain_key(key): value for key, value in mark[0].items()}
            except WrongKey as error:
                raise InvalidSettings('{}: {}'.format(_name(error.key), error)) from None
            changed = {}
            for key, (value, text) in now.items():
                if key in before and before[key] == text:
                    continue
                _check_key(key, self._limits['setting_key_bytes'])
                changed[str.__str__(key)] = _to_json(key, value, self._limits)[0]
            deleted = [key for key in before if key not in now]
            if len(changed) + len(deleted) > self._limits['changed_settings']:
                raise InvalidSettings('The step changed {} settings; at most {} are allowed in one run'.format(
                    len(changed) + len(deleted), self._limits['changed_settings']))
            atomic = self.atomic_of(changed)
            self._accept(changed, deleted)
            return (changed, deleted, atomic), (remembered, dict(self.values.atomic))

    def _accept(self, changed, deleted):
        self._before.update(changed)
        for key in deleted:
            self._before.pop(key, None)
        over = set(changed).union(deleted)
        for key in [key for key in self.values.atomic if _plain_key(key) in over]:
            self.values.atomic.pop(key)

    def restore(self, mark):
        before, atomic = mark
        for key, value in list(self.values.items()):
            if key != WORKFLOW_ID and (key not in before or before[key] != _remember(value)):
                dict.__delitem__(self.values, key)
        for key, (is_text, remembered) in before.items():
            if key not in self.values:
                value = _loads(remembered) if is_text else remembered
                self.values[key] = value[1] if type(value) is tuple else value
        self.values.atomic = dict(atomic)

    def _is_unchanged_invalid(self, key, value):
        """True if the value was invalid before the run already, which must not fail the run."""
        before = self._before.get(key)
        if before is None:
            return False
        try:
            _to_json(key, _loads(before), self._limits)
            return False
        except InvalidSettings:
            pass
        try:
            return _encode(value) == before
        except Exception:
            return False


def _remember_all(values):
    return {key: _remember(value) for key, value in values.items() if key != WORKFLOW_ID}


def _remember(value):
    """Returns (whether it is JSON text, the value or its text): immutable values need no copy."""
    kind = type(value)
    if value is None or kind is str or kind is int or kind is float or kind is bool:
        # 1, 1.0 and True are equal.
        return False, value if kind is str or value is None else (kind, value)
    try:
        return True, _encode(value)
    except Exception:  # `changes` names the value
        return False, (kind, id(value))


def _check_key(key, max_bytes):
    try:
        size = len(key.encode('utf-8'))
    except UnicodeEncodeError:
        raise InvalidSettings('The settings have the key {}: it is not valid Unicode text'.format(_abbreviate(key))) from None
    if size > max_bytes:
        raise InvalidSettings('The settings have a key of {} bytes that starts with {}: at most {} are allowed'.format(
            size, _abbreviate(key), max_bytes))


def _to_json(key, value, limits):
    """Returns (JSON text, its bytes, whether a key was no text)."""
    converted = []
    try:
        text = _encode(_to_plain(value, limits['setting_depth'], converted))
        size = len(text.encode('utf-8'))
    except WrongKey as error:
        path = next((path for path, odd in _odd_keys(value, _name(key)) if odd is error.key), _name(key))
        raise InvalidSettings('{}: {}'.format(path, error)) from None
    except InvalidSettings as error:
        raise InvalidSettings('settings[{}] {}'.format(_abbreviate(key), error)) from None
    except UnicodeEncodeError:
        raise InvalidSettings('settings[{}] holds half of a surrogate pair (str), which is not valid Unicode text'.format(
            _abbreviate(key))) from None
    except (ValueError, OverflowError) as error:
        raise InvalidSettings('settings[{}] is not JSON ({}): {}'.format(
            _abbreviate(key), type(value).__name__, str(error)[:200])) from None
    if size > limits['setting_bytes']:
        raise InvalidSettings('settings[{}] ({}) takes {} bytes as JSON; at most {} are allowed'.format(
            _abbreviate(key), type(value).__name__, size, limits['setting_bytes']))
    return text, size, bool(converted)


def _to_plain(value, max_depth, converted, depth=0):
    """Returns a plain copy without calling methods of subclasses. Raises InvalidSettings."""
    kind = type(value)
    if value is None or kind is bool or kind is str or kind is int:
        return value
    if depth > max_depth:
        raise InvalidSettings('is a {} nested deeper than {} (or within itself)'.format(kind.__name__, max_depth))
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
        return [_to_plain(item, max_depth, converted, depth + 1) for item in list.copy(value)]
    if isinstance(value, tuple):
        return [_to_plain(item, max_depth, converted, depth + 1) for item in tuple.__iter__(value)]
    if isinstance(value, dict):
        return {_plain_key(key, converted): _to_plain(item, max_depth, converted, depth + 1)
                for key, item in dict.copy(value).items()}
    raise InvalidSettings('holds a {}, which is not JSON; store a str, a number, a bool, None, a list or a dict'.format(
        kind.__name__))


def _plain_key(key, converted=None):
    """Returns a key as `json` writes it. Raises WrongKey."""
    if isinstance(key, str):
        return str.__str__(key)
    if converted is not None:
        converted.append(key)
    if key is None or key is True or key is False:
        return _encode(key)
    if isinstance(key, int):
        return int.__repr__(key)
    if isinstance(key, float):
        return _encode(float.__pos__(key))
    raise WrongKey(key)


def _odd_keys(value, path):
    """Yields (path, key) of each key in the value that is no str."""
    if isinstance(value, dict):
        entries = list(dict.copy(value).items())
    elif isinstance(value, (list, tuple)):
        entries = list(enumerate(value))
    else:
        return
    for key, item in entries:
        inner = '{}[{}]'.format(path, _abbreviate(key))
        if isinstance(value, dict) and not isinstance(key, str):
            yield inner, key
        for found in _odd_keys(item, inner):
            yield found


def _abbreviate(value):
    try:
        text = ascii(value)
    except BaseException:
        text = '<{}>'.format(type(value).__name__)
    return text if len(text) <= 80 else text[:79] + '…'
