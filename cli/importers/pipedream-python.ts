/** `waits`: the steps' results are stored, and steps can pause the run. */
export const pipedreamModule = (waits: boolean): string =>
  waits ? moduleWith(FLOW_WAITS, WAITS) : moduleWith('', NO_WAITS)

const moduleWith = (
  flow: string,
  waits: string,
): string => `"""Runs the steps of a workflow that came from Pipedream, one after the other."""
import importlib
import json
import os
import re
import time
${waits}

class Exit(BaseException):
    """Raised by pd.flow.exit(): the steps after it do not run, and the run succeeds."""


class Flow:
    def __init__(self, pd):
        self._pd = pd

    def exit(self, reason=None):
        if reason:
            print(reason)
        raise Exit(reason)
${flow}
    def __getattr__(self, name):
        raise NotImplementedError("pd.flow.%s of Pipedream is not carried over: see IMPORT.md" % name)


class Account:
    """A connected account: its values are settings, such as SLACK_OAUTH_ACCESS_TOKEN for slack and oauth_access_token."""

    def __init__(self, name, settings):
        self._name, self._settings = name, settings

    def __getitem__(self, key):
        setting = (self._name + "_" + key).upper()
        if setting not in self._settings:
            raise KeyError("Set the setting %s: it was a value of the connected account %s" % (setting, self._name))
        return self._settings[setting]


class Pipedream:
    """What a step finds in its parameter \`pd\`."""

    def __init__(self, event, settings):
        self.steps = {"trigger": {"event": event, "context": {}}}
        self.settings = settings
        self.inputs = {}
        self.flow = Flow(self)
        self.name = ""
        self.context = {}
        self.exported = {}
        self.response = None
        self.pause = None
        self.urls = None

    def export(self, name, value):
        self.exported[name] = value

    def respond(self, response):
        self.response = response


def run(request, settings, steps, answers=True):
    """Runs the steps. Each is a name, a function and its inputs; returns the answer of a hook, or None."""
    os.environ.update({key: value for key, value in settings.items() if isinstance(value, str) and not key.startswith("__")})
    event = once("trigger", lambda: to_event(None)) if request is None else to_event(request)
    pd = Pipedream(event, settings)
    for name, function, inputs in steps:
        done = complete(pd, name, lambda run: perform(pd, name, function, inputs, run))
        pd.steps[name], pd.response = done["exported"], done["response"]
        if done["exits"]:
            break
    return to_answer(pd.response) if answers and pd.response is not None else None


def perform(pd, name, function, inputs, run):
    """Runs a step. Returns what it has left for the steps after it."""
    pd.context = {"run": run}
    pd.name, pd.exported, pd.pause, pd.urls, exits = name, {}, None, None, False
    pd.inputs = {key: resolve(pd, value) for key, value in inputs.items()}
    try:
        value = function(pd)
        if value is not None and value is not pd.urls:
            pd.exported["$return_value"] = value
    except Exit:
        exits = True
    return {"exported": pd.exported, "response": pd.response, "exits": exits, "pause": pd.pause}


def missing(name, what):
    """A step that was not carried over. It ends the run, so that no later step works without it."""
    def step(pd):
        raise NotImplementedError("The step %s was %s: write it in workflow.py, see IMPORT.md" % (name, what))
    return step


def late(module):
    """A step whose module reads variables when it is imported: they are set by then."""
    return lambda pd: importlib.import_module("steps." + module).handler(pd)


def account(name):
    return lambda pd: {"$auth": Account(name, pd.settings)}


def resolve(pd, value):
    """Values as they were typed; {{steps.a.b[0]}} is what an earlier step has returned."""
    if callable(value):
        return value(pd)
    if isinstance(value, list):
        return [resolve(pd, item) for item in value]
    if isinstance(value, dict):
        return {key: resolve(pd, item) for key, item in value.items()}
    if not isinstance(value, str) or "{{" not in value:
        return value
    whole = re.fullmatch(r"{{\\s*([^{}]+?)\\s*}}", value)
    if whole:
        return look_up(pd, whole.group(1))
    return re.sub(r"{{\\s*([^{}]+?)\\s*}}", lambda found: str(look_up(pd, found.group(1))), value)


def look_up(pd, path):
    if not re.fullmatch(r"(steps|process[.]env)([.][\\w$]+|\\[(\\d+|'[^']*'|\\"[^\\"]*\\")\\])+", path):
        raise NotImplementedError("The expression {{%s}} is JavaScript: write it in Python, see IMPORT.md" % path)
    variable = re.fullmatch(r"process[.]env[.](\\w+)", path)
    if variable:
        return os.environ.get(variable.group(1))
    found = pd.steps
    for name, index, quoted in re.findall(r"[.]([\\w$]+)|\\[(\\d+)\\]|\\[['\\"]([^'\\"]*)['\\"]\\]", path[len("steps"):]):
        found = found[int(index)] if index else found[name or quoted]
    return found


def to_event(request):
    if request is None:
        return {"timestamp": time.time() * 1000}
    headers = {name.lower(): value for name, value in request.headers.items()}
    event = {"method": request.method, "path": "/", "query": dict(request.query), "url": request.url, "headers": headers}
    if headers.get("content-type", "").split(";")[0].strip() == "application/json":
        event["body"] = json.loads(request.body.decode("utf-8")) if request.body else None
    else:
        event["body"] = {name: value for name, value in request.items() if name not in request.headers}
    return event


def to_answer(response):
    body = response.get("body", "")
    headers = {name: str(value) for name, value in (response.get("headers") or {}).items()}
    if not isinstance(body, str):
        headers.setdefault("Content-Type", "application/json")
        body = json.dumps(body)
    return {"status_code": int(response.get("status", 200)), "headers": headers, "body": body}
`

const NO_WAITS = `

def once(_name, function):
    return function()


def complete(_pd, _name, function):
    return function({"runs": 1, "context": None})
`

const FLOW_WAITS = `
    def delay(self, milliseconds):
        return self._pause("delay", milliseconds)

    def suspend(self, milliseconds=24 * 3600 * 1000):
        return self._pause("suspend", milliseconds)

    def rerun(self, milliseconds, context=None, max_retries=None):
        return self._pause("rerun", milliseconds, context, 10 if max_retries is None else max_retries)

    def _pause(self, kind, milliseconds, context=None, retries=None):
        seconds = max(1, milliseconds / 1000)
        self._pd.pause = {"kind": kind, "seconds": seconds, "has_urls": kind == "suspend", "context": context, "retries": retries}
        self._pd.urls = Urls(self._pd)
        return self._pd.urls
`

/** A pause begins at the end of its step, as in Pipedream. */
const WAITS = `
import workflows

CANCELLED = object()


def once(name, function):
    """Stores what a step returns, so that it does not run again when the run continues after a pause."""
    return workflows.step(name, function)


def complete(pd, name, function):
    """Runs a step, and waits as it asks. After a pause of pd.flow.rerun the step runs again."""
    run = {"runs": 1, "context": None}
    while True:
        done = once(name, lambda: function(run))
        pd.response, asked = done["response"], done["pause"]
        if asked is None or done["exits"] or (asked["kind"] == "rerun" and run["runs"] > asked["retries"]):
            return done
        resumed = pause(wait_of(name, run), asked)
        if resumed is CANCELLED:
            return {**done, "exits": True}
        if asked["kind"] != "rerun":
            if resumed is not None:
                done["exported"]["$resume_data"] = to_event(resumed)
            return done
        run = {"runs": run["runs"] + 1, "context": asked["context"]}
        if resumed is not None:
            run["callback_request"] = to_event(resumed)


def wait_of(name, run):
    """The name of the pause after a run of a step. Each run has another, because a URL ends one pause."""
    return name if run["runs"] == 1 else "%s %d" % (name, run["runs"])


def cancel_of(name):
    return name + " cancel"


class Urls(dict):
    """The URLs of a pause. One whose URLs nobody reads is a sleep, unless it is that of suspend."""

    def __init__(self, pd):
        self._pause = pd.pause
        wait = wait_of(pd.name, pd.context["run"])
        dict.__init__(self, resume_url=workflows.url_of(wait), cancel_url=workflows.url_of(cancel_of(wait)))

    def _read(self):
        self._pause["has_urls"] = True
        return dict(dict.items(self))

    def __getitem__(self, key):
        return self._read()[key]

    def get(self, key, default=None):
        return self._read().get(key, default)

    def __iter__(self):
        return iter(self._read())

    def items(self):
        return self._read().items()

    def values(self):
        return self._read().values()

    def __repr__(self):
        return repr(self._read())


def pause(name, asked):
    """Waits. A suspended run that nobody resumes in time fails with TimedOut."""
    if not asked["has_urls"]:
        return workflows.sleep(name, seconds=asked["seconds"])
    try:
        event = workflows.wait_for([name, cancel_of(name)], within="%.3fs" % asked["seconds"])
    except workflows.TimedOut:
        if asked["kind"] != "suspend":
            return None
        raise
    if event.name == name:
        return event
    print("The run was cancelled by the cancel_url of the step " + name)
    return CANCELLED

`
