import { FAILURE_STATUS_CODES, type RunCode } from '../../domain/runs/run.ts'
import type { HeaderPairs } from '../../domain/shared/headers.ts'
import type { HookResult } from '../../runs/hook-result.ts'
import type { Problem } from '../wire/problem.ts'
import { type HttpResponse, hasBody, PROBLEM_TYPE } from '../wire/response.ts'

type Ending = { readonly title: string; readonly what: string; readonly mend: string }

export const ENDINGS: Readonly<Record<RunCode, Ending>> = {
  invalid_response: {
    title: 'The function returned no valid answer',
    what: 'The function returned a dict that is no valid response',
    mend: 'Return `status_code`, `body` and `headers` of the right types. The message of the run names the key.',
  },
  invalid_settings: {
    title: 'The settings could not be stored',
    what: 'The function left a value in its settings that cannot be stored',
    mend: 'Keep JSON in settings. The message of the run names the key and the type.',
  },
  exception: {
    title: 'The function failed',
    what: 'The function raised an exception',
    mend: 'Read the traceback of the run. Test the corrected code with the same request, then replay the run.',
  },
  load_error: {
    title: 'The function does not load',
    what: 'The code of the function does not load',
    mend: 'Correct the line that the run names, and deploy.',
  },
  connection_unavailable: {
    title: 'A connection cannot be used',
    what: 'A connection of the workflow had no valid token',
    mend: 'Sign in under *Settings → Connections*, then replay the run.',
  },
  timeout: {
    title: 'The function ran out of time',
    what: 'The function ran past its time limit',
    mend: 'See where each thread was in the traceback. Give outgoing calls a timeout, or raise `timeout_seconds`.',
  },
  crashed: {
    title: 'The function crashed',
    what: 'The process of the function died',
    mend: 'Look at the end of the log. A package in C or a child process may have ended the process.',
  },
  out_of_memory: {
    title: 'The function ran out of memory',
    what: 'The function ran past its memory limit',
    mend: 'Use less memory, or raise `memory_mib`.',
  },
  cancelled: {
    title: 'The run was cancelled',
    what: 'The run was cancelled',
    mend: 'Replay the run if it should be done after all.',
  },
  lost: {
    title: 'The run was lost',
    what: 'The server that ran the function stopped working',
    mend: 'Replay the run, or use retries if the function may run twice.',
  },
  nondeterminism: {
    title: 'The function took another path',
    what: 'The function did not come to its stored steps in the same order',
    mend: 'Compute what depends on the time, on chance or on changed settings in a step. Then deploy, and replay the run.',
  },
  wait_timed_out: {
    title: 'What the run waited for did not come',
    what: 'No event came in time for a wait of the function, which did not catch `TimedOut`',
    mend: 'Replay the run from its steps, which waits again, or catch `TimedOut` in the function.',
  },
  needs_answer: {
    title: 'The test has no answer',
    what: 'A test came to a wait that has no answer, or an impossible one',
    mend: 'Give the test `answers` for the wait that its message names, or let it wait with `waits` "real".',
  },
  invalid_decision: {
    title: 'A decision cannot be recorded',
    what: 'The function called `decide` with an argument that is not valid, or with an outcome that the workflow does not have',
    mend: 'The message of the run names the argument. Correct the function, and replay the run.',
  },
  invalid_step: {
    title: 'A step cannot be stored',
    what: 'A step has an invalid name, a result that is no JSON, or is one too many',
    mend: 'The message of the run names the step. Its function was called, so check what it did before you replay the run.',
  },
}

function problemOfRun({ runId, code }: HookResult): Problem {
  const known = code ?? 'crashed'
  const { title, what } = ENDINGS[known]
  return {
    type: 'about:blank',
    title,
    status: FAILURE_STATUS_CODES[known],
    detail: `${what}. See run ${runId} for details.`,
    code: known,
    run_id: runId,
  }
}

export function answerOfRun(result: HookResult, defaultStatus = 200): HttpResponse {
  const { runId, status, response } = result
  const run = platformHeaders(result)
  if (status !== 'succeeded') {
    const problem = problemOfRun(result)
    const retry = problem.status === 503 ? [['Retry-After', '5'] as const] : []
    return {
      status: problem.status,
      headers: [['Content-Type', PROBLEM_TYPE], ...run, ...retry],
      body: JSON.stringify(problem),
    }
  }
  if (response === null) {
    const body = `{"status":"succeeded","run_id":${JSON.stringify(runId)}}`
    return { status: defaultStatus, headers: [['Content-Type', 'application/json'], ...run], body }
  }
  const typed = !hasBody(response) || response.headers.some(([name]) => name.toLowerCase() === 'content-type')
  const type = typed ? [] : [['Content-Type', 'text/plain; charset=utf-8'] as const]
  return { status: response.status, headers: [...ownHeaders(result), ...type, ...run], body: response.body }
}

/** The platform sets `Idempotency-Replayed`. */
function ownHeaders({ response, replayed }: HookResult): HeaderPairs {
  const headers = response?.headers ?? []
  return replayed ? headers.filter(([name]) => name.toLowerCase() !== 'idempotency-replayed') : headers
}

function platformHeaders({ runId, replayed }: HookResult): HeaderPairs {
  const run = ['Workflow-Run', runId] as const
  return replayed ? [run, ['Idempotency-Replayed', 'true']] : [run]
}
