"""The module `workflows`, as functions import it."""
from .decisions import decide
from .durable import NoRetry, RunFailed, StepError, TimedOut, sleep, step
from .tasks import ask
from .waits import run, url_of, wait_for

__all__ = ['step', 'sleep', 'wait_for', 'url_of', 'ask', 'run', 'decide', 'StepError', 'RunFailed', 'TimedOut', 'NoRetry']
