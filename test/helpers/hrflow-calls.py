"""Calls each method of the real hrflow SDK with many arguments, and prints the calls as JSON: [[path, arguments], …].

    python3 hrflow-calls.py API_URL SCRIPTS

A file is {"$file": base64, "name": name or null}. Calls that the SDK refuses to send are left out.
"""
import base64
import io
import json
import sys

API_URL, SCRIPTS = sys.argv[1:]
sys.path.insert(0, SCRIPTS)
import record  # noqa: E402
from hrflow import Hrflow  # noqa: E402


def main():
    client = Hrflow(api_url=API_URL, api_secret=record.SECRET, api_user='ada@example.com')
    made = []
    for path, call in record.walk(client):
        if path in record.COMPOSED:
            continue
        try:
            method = record.Method(path, call)
        except record.NoCall:
            continue
        for arguments in cases(method):
            shown = {name: show(value) for name, value in arguments.items()}
            try:
                call(**arguments)
            except (TypeError, ValueError):
                continue
            made.append([path, shown])
    print(json.dumps(made))


def cases(method):
    base = method.required + method.one_of[:1]
    yield named(base)
    yield named(one for one in method.parameters if one not in method.one_of[1:])
    if method.takes_more:
        yield dict(named(base), text_keywords=['a', 'é'], location_lat=48.5)
    for one in method.parameters:
        rest = [other for other in base if not (one in method.one_of and other in method.one_of)]
        yield named(rest + [one])
        if one not in method.required:
            yield dict(named(rest), **{one.name: None})
        # An empty file name is no file to some servers, so the client sends the default instead.
        if isinstance(record.sample(one), str) and one not in method.required and one.name != 'profile_file_name':
            yield dict(named(rest), **{one.name: ''})
        if isinstance(record.sample(one), io.BytesIO):
            file = io.BytesIO(record.FILE)
            file.name = '/tmp/Zoë.docx'
            yield dict(named(rest), **{one.name: file})


def named(parameters):
    return {one.name: record.sample(one) for one in parameters}


def show(value):
    if not isinstance(value, io.BytesIO):
        return json.loads(json.dumps(value))
    return {'$file': base64.b64encode(value.getvalue()).decode(), 'name': getattr(value, 'name', None)}


main()
