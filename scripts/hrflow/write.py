"""Writes the table of methods, the types and the list of methods of the HrFlow client for TypeScript.

    PYTHONPATH=.cache/environments/python3/site-packages python3 scripts/hrflow/write.py runtimes/node/hrflow

Made from the real Python package. A test compares the files, and fails after a new SDK.
"""
import inspect
import json
import os
import re
import sys
import typing
from importlib import metadata

import record
from hrflow import schemas
from hrflow.core.validation import ORDER_BY_VALUES, SORT_BY_VALUES, STAGE_VALUES

REFERENCE = 'https://developers.hrflow.ai/reference'
#: Contents of an answer's `data`, where HrFlow's documentation has it.
DATA = {
    'profile.parsing.get': 'HrFlowProfile', 'profile.storing.get': 'HrFlowProfile',
    'profile.storing.add_json': 'HrFlowProfile', 'profile.storing.edit': 'HrFlowProfile',
    'profile.storing.list': 'HrFlowProfile[]',
    'job.storing.get': 'HrFlowJob', 'job.storing.add_json': 'HrFlowJob', 'job.storing.edit': 'HrFlowJob',
    'job.storing.list': 'HrFlowJob[]',
    'profile.searching.list': '{ profiles: HrFlowProfile[] }',
    'profile.scoring.list': '{ profiles: HrFlowProfile[]; predictions: [number, number][] }',
    'profile.matching.list': '{ profiles: HrFlowProfile[]; predictions: [number, number][] }',
    'job.searching.list': '{ jobs: HrFlowJob[] }',
    'job.scoring.list': '{ jobs: HrFlowJob[]; predictions: [number, number][] }',
    'job.matching.list': '{ jobs: HrFlowJob[]; predictions: [number, number][] }',
    'source.get': 'Place', 'source.list': 'Place[]', 'board.get': 'Place', 'board.list': 'Place[]',
}
#: Written by hand, in folder.js and webhooks.js.
BY_HAND = {
    'profile.parsing.add_folder': (
        'given: AddFolder', 'Promise<{ success: Record<string, Answer<any>>; fail: Record<string, unknown> }>',
        'Parses the files of a folder, one after the other.'),
    'webhooks.setHandler': (
        'given: { eventName: string; callback: WebhookHandler }', 'void', 'Sets the handler of an event.'),
    'webhooks.isHandlerPresent': ('given: { eventName: string }', 'boolean', 'Tells whether an event has a handler.'),
    'webhooks.removeHandler': ('given: { eventName: string }', 'void', 'Removes the handler of an event.'),
    'webhooks.handle': (
        'given: { requestHeaders?: Record<string, string>; signatureHeader?: string }', 'Promise<void>',
        'Verifies the signature of a webhook, and calls the handler of its event.'),
}
MISSING = {
    'job.parsing.get': 'The Python method is empty and returns None.',
    'job.reasoning.get': 'The Python method is empty and returns None.',
    'profile.reasoning.get': 'The Python method is empty and returns None.',
}
ADD_FOLDER = """type File = 'profileFile' | 'profileFileName'
export type AddFolder = Omit<Parameters<Methods['profile']['parsing']['addFile']>[0], File> & {
  /** Path of the folder. */
  dirPath: string
  /** Whether to read the folders in it too. */
  isRecurcive?: boolean
  /** Folder to copy the files to that could not be parsed. */
  moveFailureTo?: string
}
"""
EXCEPTIONS = """## Differences from Python

| Python | TypeScript | why |
| --- | --- | --- |
| `code` of 400 and more is returned | `HrflowError` is thrown | a forgotten check of `code` hides a failure |
| `max_requests_per_minute`, `min_sleep_per_request` of each method | the option `retries`, which waits as `Retry-After` says | the server knows its limit |
| `show_progress` of `add_folder` | missing | a function has no terminal |
| `get`, `post`, `put`, `patch` of the client | missing | the SDK calls them internal |
| functions of `hrflow.utils` | missing | they are no methods. Use `page` to read all pages |
| values are checked before the request | types check them, and the API does | only a missing argument is an error before the request |
| a `None` key beside a reference raises `TypeError` in `asking`, `grading`, `matching`, `unfolding` | the reference is enough | the API accepts one of them |
| `webhooks.handle` knows a fixed list of events | any event may have a handler | HrFlow has more events than the list |
| a file part has no type | a file part has the type of its `Blob`, or `application/octet-stream` | `FormData` writes it |
"""


def main(folder):
    methods, silent, calls = record.describe()
    assert set(silent) == set(MISSING) | set(BY_HAND) - record.COMPOSED, silent
    typed = types(methods, calls)
    for path, text in {
        'generated/methods.js': table(methods),
        'generated/types.d.ts': typed,
        'docs/methods.md': page(methods, typed.split('\n')),
    }.items():
        with open(os.path.join(folder, path), 'w', encoding='utf-8') as file:
            file.write(text)


def camel(name):
    return re.sub(r'_([a-z])', lambda match: match.group(1).upper(), name)


def table(methods):
    entries = {}
    for path, method in sorted(methods.items()):
        naming = [camel(one['name']) for one in method['parameters'] if 'fileName' in one]
        parameters = []
        for one in method['parameters']:
            kept = {key: value for key, value in one.items() if key not in ('needed', 'fileName', 'name')}
            named = {'namedBy': naming[0]} if 'file' in one and naming else {}
            parameters.append(dict({'name': camel(one['name'])}, **kept, **named))
        entry = dict(method, parameters=parameters)
        if 'oneOf' in method:
            entry['oneOf'] = [camel(name) for name in method['oneOf']]
        entries[camel(path)] = entry
    lines = ['  {}: {},'.format(json.dumps(path), json.dumps(entry)) for path, entry in entries.items()]
    return ('/** What each method sends. Generated from the Python package hrflow {}. */\n\n'
            'export const METHODS = {{\n{}\n}}\n').format(metadata.version('hrflow'), '\n'.join(lines))


def types(methods, calls):
    tree = {}
    for path, method in methods.items():
        put(tree, path, signature(path, method, calls[path]))
    for path, (given, result, doc) in BY_HAND.items():
        put(tree, path, comment([doc]) + '{}({}): {}'.format(path.split('.')[-1] if '_' not in path else camel(path.split('.')[-1]), given, result))
    parts = ['// Generated from the Python package hrflow {}.\n'.format(metadata.version('hrflow')),
             "import type { Answer, HrflowFile, Place, WebhookHandler } from '../common.d.ts'\n"]
    parts += [interface(one) for _, one in inspect.getmembers(schemas, is_model)]
    parts.append(ADD_FOLDER)
    parts.append('/** @see {} */\nexport interface Methods {{\n{}\n}}\n'.format(REFERENCE, indent(render(tree))))
    return '\n'.join(parts)


def put(tree, path, text):
    *names, last = path.split('.')
    for name in names:
        tree = tree.setdefault(name, {})
    tree[last] = text


def render(tree):
    return '\n'.join(
        'readonly {}: {{\n{}\n}}'.format(name, indent(render(part))) if isinstance(part, dict) else part
        for name, part in sorted(tree.items()))


def indent(text):
    return '\n'.join('  ' + line if line else line for line in text.split('\n'))


def signature(path, method, call):
    said = describe(call)
    fields = []
    for one in method['parameters']:
        about = said.get(one['name'], '')
        if 'default' in one:
            about = (about + ' Default: {}.'.format(json.dumps(one['default']))).strip()
        is_given = one.get('required') or ('file' in one)
        fields.append(comment([about]) + '{}{}: {}'.format(camel(one['name']), '' if is_given else '?', type_of(one, call)))
    if method.get('takesMore'):
        fields.append(comment(['Any other parameter of the API, in camelCase.']) + '[name: string]: unknown')
    is_optional = not any(one.get('required') or 'file' in one for one in method['parameters']) and 'oneOf' not in method
    given = 'given{}: {{\n{}\n}}'.format('?' if is_optional else '', indent('\n'.join(fields))) if fields else ''
    doc = comment([first_sentence(call), '`{} {}`, in Python `{}`.'.format(method['method'], method['path'], path)])
    return '{}{}({}): Promise<Answer<{}>>'.format(doc, camel(path.split('.')[-1]), given, DATA.get(path, 'any'))


def type_of(one, call):
    parameter = inspect.signature(call).parameters[one['name']]
    value = record.sample(parameter)
    if 'file' in one:
        return 'HrflowFile'
    if one.get('spread'):
        return 'Partial<HrFlow{}> & Record<string, unknown>'.format('Profile' if 'profile' in one['name'] else 'Job')
    for values in (SORT_BY_VALUES, ORDER_BY_VALUES, STAGE_VALUES):
        if value in values and one['name'] in ('sort_by', 'order_by', 'stage') and is_checked(one['name'], call):
            return ' | '.join('null' if item is None else "'{}'".format(item) for item in values)
    if isinstance(value, list):
        return 'readonly string[]' if isinstance(value[0], str) else 'readonly object[]'
    if isinstance(value, dict):
        return 'object'
    text = 'boolean' if isinstance(value, bool) else 'number' if isinstance(value, (int, float)) else 'string'
    return text if one.get('required') or 'default' in one else text + ' | null'


def is_checked(name, call):
    arguments = {one.name: record.sample(one) for one in inspect.signature(call).parameters.values()
                 if one.kind is one.POSITIONAL_OR_KEYWORD}
    try:
        record.record(lambda: call(**dict(arguments, **{name: 'unknown'})))
        return False
    except (TypeError, ValueError):
        return True


def describe(call):
    """Returns what the docstring says about each parameter."""
    said, name = {}, None
    for line in (inspect.getdoc(call) or '').split('\n'):
        head, mark, _ = line.partition('<')
        word = head.strip().rstrip(':')
        if mark and line.startswith(' ') and word.isidentifier():
            name = word
            said[name] = []
        elif re.match(r'\S', line) or not line.strip():
            name = None
        elif name is not None:
            said[name].append(line.strip())
    told = {key: sentence(' '.join(lines)) for key, lines in said.items()}
    # Many say the name again.
    return {key: text for key, text in told.items() if text.lower() != key + '.'}


def sentence(text):
    text = re.sub(r'[^\x20-\x7e\u00a0-\u024f]', '', text).replace('*/', '').strip()
    text = text[:1].upper() + text[1:]
    return text if text == '' or text[-1] in '.!?' else text + '.'


def first_sentence(call):
    paragraph = (inspect.getdoc(call) or '').split('\n\n')[0].split('Args:')[0]
    return sentence(re.split(r'(?<=[^.]\.)(?<!resp\.)\s|\s\(https?:|\sIt requires', ' '.join(paragraph.split()))[0])


def comment(lines):
    lines = [line for line in lines if line]
    if len(lines) < 2:
        return ''.join('/** {} */\n'.format(line) for line in lines)
    return '/**\n{}\n */\n'.format('\n'.join(' * ' + line for line in lines))


def is_model(thing):
    return inspect.isclass(thing) and issubclass(thing, schemas.BaseModel) and thing is not schemas.BaseModel


def interface(model):
    hints = typing.get_type_hints(model)
    fields = []
    for name, field in model.model_fields.items():
        required = '' if field.is_required() else '?'
        fields.append(comment([sentence(field.description or '')]) + '{}{}: {}'.format(name, required, script(hints[name])))
    return 'export interface {} {{\n{}\n}}\n'.format(model.__name__, indent('\n'.join(fields)))


def script(hint):
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        return ' | '.join(script(one) for one in arguments)
    if origin is list:
        return script(arguments[0]) + '[]'
    if origin is typing.Literal:
        return ' | '.join("'{}'".format(one) for one in arguments)
    plain = {str: 'string', int: 'number', float: 'number', bool: 'boolean', type(None): 'null'}
    return plain.get(hint) or hint.__name__


def page(methods, lines):
    def link(path, mark):
        line, = [number for number, text in enumerate(lines, 1) if mark in text]
        return '[`{}`](../generated/types.d.ts#L{})'.format(camel(path), line)

    rows = ['| `{}` | {} | `{} {}` | {} |'.format(
        path, link(path, 'in Python `{}`.'.format(path)), one['method'], one['path'], one['body'])
            for path, one in sorted(methods.items())]
    rows += ['| `{}` | {} | see below | |'.format(path, link(path, BY_HAND[path][2])) for path in sorted(BY_HAND)]
    rows += ['| `{}` | missing | | {} |'.format(path, why) for path, why in sorted(MISSING.items())]
    return ('# Methods\n\nGenerated from the Python package hrflow {}. {} methods send one request, which equals the one '
            'of Python. A test compares them.\n\nThe names for TypeScript lead to the arguments and the answer of the method. '
            'HrFlow explains them in its [reference]({}).\n\n| Python | TypeScript | request | sent as |\n| --- | --- | --- | --- |\n{}\n\n'
            '`addFolder` calls `addFile` for each file. The handlers of webhooks send no request.\n\n{}').format(
                metadata.version('hrflow'), len(methods), REFERENCE, '\n'.join(rows), EXCEPTIONS)


if __name__ == '__main__':
    main(sys.argv[1])
