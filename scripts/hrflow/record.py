"""Records which request each method of the hrflow SDK sends, and where each of its parameters goes.

Sends nothing: `Session.send` is replaced. Calls each method with its required arguments, and then with each other
argument, whose place is the difference between two requests. Stops at an argument of an unexpected form, because the
client would send it differently.
"""
import hashlib
import inspect
import io
import json
from email.parser import BytesParser
from urllib.parse import parse_qsl, urlsplit

import hrflow
import requests

API = 'https://api.test/v1/'
SECRET = 'ask_' + 'a' * 32
FILE = b'%PDF \xff'
#: Internal methods of the SDK, which send the raw request of any path.
INTERNAL = {'get', 'post', 'put', 'patch'}
#: Calls another method for each file of a folder.
COMPOSED = {'profile.parsing.add_folder'}


class NoCall(Exception):
    """The method sends no request."""


def record(send):
    """Returns the request that `send` sends as {place: value}."""
    sent = []

    def keep(_session, request, **_options):
        sent.append(request)
        response = requests.Response()
        response.status_code = 200
        response.headers['Content-Type'] = 'application/json'
        response._content = b'{"code": 200, "message": "", "data": {}}'
        return response

    original, requests.Session.send = requests.Session.send, keep
    try:
        send()
    finally:
        requests.Session.send = original
    if not sent:
        raise NoCall()
    return read(sent[0])


def read(request):
    parts = urlsplit(request.url)
    found = {('line',): (request.method, request.url.split('?')[0][len(API):])}
    found.update({('query', name): value for name, value in parse_qsl(parts.query, keep_blank_values=True)})
    kind = request.headers.get('Content-Type', '')
    if kind == 'application/json':
        body = json.loads(request.body)
        found[('body',)] = 'json'
        found.update({('json', name): value for name, value in body.items()})
    elif kind.startswith('multipart/'):
        found[('body',)] = 'form'
        message = BytesParser().parsebytes(b'Content-Type: ' + kind.encode() + b'\r\n\r\n' + request.body)
        for part in message.get_payload():
            name, file_name = (part.get_param(key, header='content-disposition') for key in ('name', 'filename'))
            content = part.get_payload(decode=True)
            if file_name is None:
                found[('form', name)] = content.decode()
            else:
                found[('file', name)] = (file_name, content)
    elif request.body:
        raise ValueError('an unexpected body: ' + kind)
    return found


def sample(parameter):
    """Returns a value that differs from the default."""
    name, default = parameter.name, parameter.default
    fixed = {'page': 3, 'limit': 7, 'sort_by': 'updated_at', 'order_by': 'asc', 'stage': 'yes', 'fields': {'skills': 1},
             'profile_json': {'info': {'full_name': 'Zoë'}}, 'job_json': {'name': 'Zoë'}, 'score': 0.5}
    if name in fixed:
        return fixed[name]
    if name in ('profile_file', 'file'):
        return io.BytesIO(FILE)
    if name.endswith('_keys') or 'List' in str(parameter.annotation):
        return [hashlib.sha1(name.encode()).hexdigest(), 'é "q"']
    if isinstance(default, list):
        return [{'name': name, 'value': 'é'}]
    if isinstance(default, bool):
        return not default
    if isinstance(default, int):
        return default + 1
    if name == 'key' or name.endswith('_key'):
        return hashlib.sha1(name.encode()).hexdigest()
    if name.startswith(('location_l', 'location_d', 'experiences_', 'educations_')):
        return 2.5
    return name + ' é & ü'


def as_text(value):
    """Returns how the SDK writes a value into a query or a form."""
    return json.dumps(value) if isinstance(value, (list, dict)) else str(value)


class Method(object):
    """One method, and what its requests say about it."""

    def __init__(self, path, call):
        self.path = path
        self.call = call
        parameters = list(inspect.signature(call).parameters.values())
        self.parameters = [one for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
        self.takes_more = any(one.kind is one.VAR_KEYWORD for one in parameters)
        self.required, self.one_of = self.find_required()

    def find_required(self):
        """Returns the parameters that every call needs, and those of which one is needed."""
        # Without its file, `add_file` sends a meaningless form.
        required = [one for one in self.parameters
                    if one.default is one.empty or isinstance(sample(one), io.BytesIO)]
        if self.works(required):
            return required, []
        others = [one for one in self.parameters if one not in required]
        enough = [one for one in others if self.works(required + [one])]
        if enough:
            return (required + enough, []) if len(enough) == 1 else (required, enough)
        if not self.works(required + others):
            raise NoCall()
        for one in others:
            fewer = [other for other in others if other is not one]
            if self.works(required + fewer):
                others = fewer
        return required + others, []

    def works(self, given):
        try:
            self.request(given)
            return True
        except (TypeError, ValueError):
            return False

    def request(self, given, **values):
        arguments = {one.name: sample(one) for one in given}
        arguments.update(values)
        return record(lambda: self.call(**arguments))

    def describe(self):
        base = self.required + self.one_of[:1]
        plain = self.request(base)
        method, path = plain[('line',)]
        body = plain.get(('body',), 'query')
        parameters = [self.place(one, [other for other in base if one is not other and
                                       not (one in self.one_of and other in self.one_of)], body)
                      for one in self.parameters]
        placed = {one.get('sent') for one in parameters}
        for one, parameter in zip(parameters, self.parameters):
            placed.update(sample(parameter) if one.get('spread') else ())
        constants = {key[1]: value for key, value in plain.items() if key[0] == body and key[1] not in placed}
        entry = {'method': method, 'path': path, 'body': body, 'parameters': parameters}
        if constants:
            entry['constants'] = constants
        if self.one_of:
            entry['oneOf'] = [one.name for one in self.one_of]
        if self.takes_more:
            assert self.request(base, more_of=['x'])[('query', 'more_of')] == '["x"]', self.path
            entry['takesMore'] = True
        return entry

    def place(self, parameter, base, body):
        """Returns the name that is sent, the default, and which values are left out."""
        value = sample(parameter)
        without, given = [one for one in base if one is not parameter], base + [parameter]
        before = self.request(without) if self.works(without) else {}
        after = self.request(given)
        # Fields of an object that is the body.
        own = list(value) if isinstance(value, dict) and body == 'json' else []
        entry = {'name': parameter.name}
        if parameter in self.required:
            entry['needed' if self.has_reference(parameter) else 'required'] = True
        elif parameter.default is not None:
            entry['default'] = parameter.default
        if isinstance(value, io.BytesIO):
            [(_, name)] = [key for key in after if key[0] == 'file']
            assert after[('file', name)][1] == FILE, self.path
            return dict(entry, sent=name, file=after[('file', name)][0])
        changed = {key: what for key, what in after.items() if before.get(key, NoCall) != what}
        if not before:
            changed = {key: what for key, what in changed.items() if key[0] == body and
                       (what in (value, as_text(value)) or key[1] in own)}
        if own and all((body, name) in changed for name in own):
            return dict(entry, spread=True)
        assert len(changed) == 1, (self.path, parameter, changed)
        [(place, sent)] = changed
        if place == 'file':
            return dict(entry, fileName=sent)
        what = changed[(place, sent)]
        assert place == body and what == (value if body == 'json' else as_text(value)), (self.path, parameter, what)
        entry['sent'] = sent
        left_out = self.left_out(parameter, base, (place, sent))
        return dict(entry, leftOut=left_out) if left_out else entry

    def has_reference(self, parameter):
        """The SDK tests a key that is None with a regular expression, which raises, even if there is a reference."""
        return parameter.name.replace('key', 'reference') in [one.name for one in self.parameters if one is not parameter]

    def left_out(self, parameter, base, key):
        if parameter in self.required or parameter in self.one_of:
            return 'null'
        for kind, value in (('empty', ''), ('null', None)):
            try:
                if key not in self.request(base, **{parameter.name: value}):
                    return kind
            except (TypeError, ValueError):
                pass
        return None


def walk(thing, path=()):
    for name, part in sorted(vars(thing).items()):
        if type(part).__module__.split('.')[0] == 'hrflow' and not isinstance(part, hrflow.Hrflow):
            for found in walk(part, path + (name,)):
                yield found
    for name, method in inspect.getmembers(thing, inspect.ismethod):
        if not name.startswith('_') and (path or name not in INTERNAL):
            yield '.'.join(path + (name,)), method


def describe():
    """Returns ({path: description}, [paths that send no request], {path: method})."""
    client = hrflow.Hrflow(api_url=API, api_secret=SECRET, api_user='ada@example.com')
    methods, silent, calls = {}, [], {}
    for path, call in walk(client):
        calls[path] = call
        if path in COMPOSED:
            continue
        try:
            methods[path] = Method(path, call).describe()
        except NoCall:
            silent.append(path)
    return methods, silent, calls
