"""Steps and waits of a run that lasts. What a step returns is stored, and the step is not called again."""
from datetime import datetime
from typing import Any, Callable, Dict, List, Optional, Sequence, Union

class StepError(Exception):
    """A step failed in its last try."""
    step: str
    type: str
    """The type of the exception, such as `ValueError`."""
    message: str
    attempts: int

class RunFailed(Exception):
    """A run that was called failed, or could not start."""
    run_id: Optional[str]
    code: str
    """Such as `exception`, `timeout`, `not_found` or `too_deep`."""
    message: str

class NoRetry(Exception):
    """Raised in a step, it ends the step without another try."""

class _Step:
    key: str
    """Inside of a step: 32 characters that are the same each time that the step is tried, for idempotency keys."""
    def __call__(self, name: str, fn: Callable[..., Any], *args: Any, retry: Optional[Dict[str, Any]] = None) -> Any:
        """Calls `fn(*args)` and stores what it returns as JSON. `retry` is `{"attempts": 5, "first": "10s", "factor": 2,
        "max": "1h"}`: how often it is tried, and the pauses between."""

step: _Step

def sleep(name: str, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0,
          until: Optional[datetime] = None) -> Any:
    """Ends the process, and calls the function again at that time. Stored steps are not called again."""

def decide(subject: str, outcome: str, *, reasons: List[str], inputs: Any = None, model: Optional[Dict[str, str]] = None,
           score: Optional[float] = None, attributes: Optional[Dict[str, str]] = None, name: str = 'decision') -> Any:
    """Records a decision about a person, once, and returns the outcome that counts.

    `subject` names the person, `reasons` are 1 to 20 texts, `inputs` is the JSON that the outcome rests on, `model` is
    `{"name": "ranker", "version": "3"}`. `attributes`, such as `{"sex": "female"}`, are only counted in the impact table."""

class ConnectionUnavailable(Exception):
    """A connection has no valid token, because it needs a sign-in or its provider fails."""

def access_token(name: str) -> Any:
    """Returns a token of a connection of the workflow that is valid for at least 60 s. Allowed inside of a step, and not
    stored. Raises ConnectionUnavailable, and ValueError if the workflow does not name this connection."""

class TimedOut(Exception):
    """No event came in time for a wait."""

class Event(Dict[str, Any]):
    """What was posted: fields of the body, and headers."""
    name: str
    """The name of the wait."""
    received_at: datetime
    headers: Dict[str, str]
    query: Dict[str, Any]
    body: bytes
    method: str
    url: str

def url_of(name: str) -> str:
    """Returns the URL that ends the wait of this name. It can be given away before the function waits."""

class Person:
    id: str
    name: str
    email: str

class Answer:
    """What a person answered."""
    choice: str
    by: Person
    reason: Optional[str]
    fields: Dict[str, Any]
    at: datetime

def ask(name: str, title: str, text: Optional[str] = None, data: Any = None,
        choices: Sequence[str] = ("approve", "reject"), fields: Optional[Dict[str, Any]] = None,
        to: Union[str, Sequence[str], None] = None, within: str = "7d", remind: Optional[str] = None) -> Any:
    """Asks people, ends the process, and continues with the answer. `to` are e-mail addresses of accounts, `owners` or
    `editors`. The person who started the run cannot answer. Raises TimedOut if no answer comes within this time."""

def wait_for(names: Union[str, List[str]], within: str) -> Any:
    """Ends the process, and continues with what is posted to the URL, of several names with the first that comes.
    Raises TimedOut if nothing comes within this time, such as `30d`."""

def run(workflow: str, request: Any = None, name: Optional[str] = None, *,
        request_of: Optional[Dict[str, Any]] = None) -> Any:
    """Runs another workflow by its name or id, ends the process, and continues when that run has ended. `request` is its
    body as JSON, `request_of` is `{"headers": {}, "query": {}, "body": None}`. Returns `{"run_id", "status_code",
    "headers", "body"}`, of a pull workflow `{"run_id", "result"}`. Raises RunFailed if the run failed."""
