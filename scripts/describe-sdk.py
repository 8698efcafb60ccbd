"""Prints what the editor completes of the hrflow SDK: paths, parameters and one sentence of explanation, as JSON.

    PYTHONPATH=.cache/environments/python3/site-packages python3 scripts/describe-sdk.py > web/src/features/workflows/editor/code/hrflow-sdk.json

Made from the real package. A test compares the two, and fails after a new SDK.
"""

import inspect
import json
import re
from importlib import metadata

import hrflow

# Internal methods, which send the raw request of any path.
INTERNAL = {"get", "post", "put", "patch"}


def describe():
    client = hrflow.Hrflow(api_secret="", api_user="")
    methods = {"": entry(hrflow.Hrflow.__init__)}
    walk(client, [], methods)
    return {"version": metadata.version("hrflow"), "methods": methods}


def walk(thing, path, methods):
    for name, part in sorted(vars(thing).items()):
        if type(part).__module__.split(".")[0] == "hrflow" and not isinstance(part, hrflow.Hrflow):
            walk(part, path + [name], methods)
    for name, method in inspect.getmembers(type(thing), inspect.isfunction):
        if not name.startswith("_") and (path or name not in INTERNAL):
            methods[".".join(path + [name])] = entry(method)


def entry(method):
    parameters = list(inspect.signature(method).parameters.values())[1:]
    return {"parameters": [text_of(parameter) for parameter in parameters], "doc": first_sentence(method)}


def text_of(parameter):
    stars = {parameter.VAR_KEYWORD: "**", parameter.VAR_POSITIONAL: "*"}.get(parameter.kind, "")
    default = "" if parameter.default is parameter.empty else "={!r}".format(parameter.default)
    return stars + parameter.name + default


def first_sentence(method):
    paragraph = (inspect.getdoc(method) or "").split("\n\n")[0].split("Args:")[0]
    words = " ".join(paragraph.split()).lstrip("\U0001f4be ")
    return re.split(r"(?<=[^.]\.)(?<!resp\.)\s|\s\(https?:|\sIt requires", words)[0]


if __name__ == "__main__":
    print(json.dumps(describe(), indent=2, ensure_ascii=False))
