import { MAX_INTEGER_DIGITS } from '../../src/domain/json/check.ts'
import { PACKAGE_LIMITS } from '../../src/domain/packages/limits.ts'
import { CHILD_LIMITS } from '../../src/domain/runs/child-run.ts'
import { MAX_CALLS, MAX_RECORDED_BYTES } from '../../src/domain/runs/outgoing.ts'
import { RETRY_LIMITS } from '../../src/domain/runs/retries.ts'
import { MAX_LABEL } from '../../src/domain/runs/run.ts'
import { STEP_LIMITS } from '../../src/domain/runs/steps.ts'
import { TASK_LIMITS } from '../../src/domain/tasks/task.ts'
import { MAX_TRIAL_RUNS } from '../../src/domain/trials/trial.ts'
import { VIEW_LIMITS } from '../../src/domain/workflows/view.ts'
import { LIMITS } from '../../src/domain/workflows/workflow.ts'
import { MAX_PASSKEYS } from '../../src/http/auth/sign-in/passkeys.ts'
import { MAX_PASSWORD, MIN_PASSWORD } from '../../src/http/auth/sign-in/passwords.ts'
import { MAX_WAITING } from '../../src/runs/execution/waiting-limit.ts'
import { table } from './table.ts'

const number = (value: number) => value.toLocaleString('en')

function size(bytes: number): string {
  const [unit, name] = bytes >= 1024 ** 3 ? [1024 ** 3, 'GiB'] : bytes >= 1024 ** 2 ? [1024 ** 2, 'MiB'] : [1024, 'KiB']
  return `${number(bytes / Number(unit))} ${name}`
}

const { timeoutSeconds: time, maxConcurrency: slots, memoryMib: memory, responseStatus: status } = LIMITS

const LIMIT_GROUPS: Readonly<Record<string, readonly (readonly [what: string, limit: string])[]>> = {
  'A run': [
    ['time limit of a catch workflow', `${time.catch} s, at most ${number(time.max)} s`],
    ['time limit of a pull workflow', `${time.pull} s, at most ${number(time.max)} s`],
    ['runs of one catch workflow at a time', `${slots.catch}, at most ${number(slots.max)}`],
    ['runs of one pull workflow at a time', `${slots.pull}, at most ${number(slots.max)}`],
    ['memory', `${memory.preset} MiB; ${memory.min} to ${number(memory.max)} MiB`],
    ['log', size(LIMITS.logBytes)],
    ['label', `${MAX_LABEL} characters`],
    ['result of a pull function', `${number(LIMITS.resultLength)} characters`],
    ['outgoing calls in the trace', number(MAX_CALLS)],
    ['recorded bodies of outgoing calls', size(MAX_RECORDED_BYTES)],
  ],
  'A run that lasts': [
    ['stored calls', number(STEP_LIMITS.calls)],
    ['steps at the same time', number(STEP_LIMITS.concurrent)],
    ['calls of `access_token`', `${number(STEP_LIMITS.tokenCalls)} in a part, ${STEP_LIMITS.tokens} different tokens`],
    ['a result', `${size(STEP_LIMITS.resultBytes)} as JSON, ${size(STEP_LIMITS.totalBytes)} in all`],
    ['tries of a step', number(STEP_LIMITS.attempts)],
    ['a wait', `${STEP_LIMITS.waitMs / 86_400_000} days`],
    ['open tasks', number(TASK_LIMITS.open)],
    ['runs that it waits for at the same time', number(CHILD_LIMITS.concurrent)],
    ['runs above it', number(CHILD_LIMITS.depth)],
    ['waiting runs', `${number(MAX_WAITING.workflow)} of a workflow, ${number(MAX_WAITING.all)} in all`],
  ],
  'A call of a hook': [
    ['body', `${size(LIMITS.bodyBytes)}; a workflow may set less`],
    ['depth of a JSON body', number(LIMITS.bodyDepth)],
    ['digits of a JSON integer', number(MAX_INTEGER_DIGITS)],
    ['addresses in `allowed_ips`', number(LIMITS.allowedIps)],
    ['refused calls that are kept', number(LIMITS.refusedCalls)],
    ['further attempts (`retries.count`)', number(RETRY_LIMITS.count)],
    ['pause before the first further attempt', `${number(RETRY_LIMITS.backoffSeconds)} s`],
  ],
  'An answer': [
    ['status', `${status.min} to ${status.max}`],
    ['body', size(LIMITS.responseBodyBytes)],
    ['headers', `${LIMITS.responseHeaders}, ${size(LIMITS.responseHeaderBytes)} in all`],
  ],
  Settings: [
    ['settings of a workflow', number(LIMITS.settings)],
    ['settings that one run changes', number(LIMITS.changedSettings)],
    ['a value', `${size(LIMITS.settingBytes)}, ${LIMITS.settingDepth} levels deep`],
    ['all values of a workflow', size(LIMITS.settingsBytes)],
    ['a key', size(LIMITS.settingKeyBytes)],
    ['shortest secret that is replaced by `***`', `${LIMITS.secretRedactionLength} characters`],
  ],
  'A workflow': [
    ['name', `${LIMITS.nameLength} characters`],
    ['description', `${number(LIMITS.descriptionLength)} characters`],
    ['source', size(LIMITS.sourceBytes)],
    ['tags', number(LIMITS.tags)],
    ['editors', number(LIMITS.editors)],
    ['days that runs are kept', number(LIMITS.retentionDays)],
    ['runs of one trial', number(MAX_TRIAL_RUNS)],
  ],
  'Packages of a version': [
    ['requirements', number(PACKAGE_LIMITS.requirements)],
    ['packages', number(PACKAGE_LIMITS.packages)],
    ['size', size(PACKAGE_LIMITS.bytes)],
    ['time to install', `${PACKAGE_LIMITS.seconds} s`],
  ],
  'Views of the list of workflows': [
    ['name', `${VIEW_LIMITS.nameLength} characters`],
    ['search', `${number(VIEW_LIMITS.searchLength)} characters`],
    ['private views', `${VIEW_LIMITS.ofPerson} of a person`],
    ['shared views', number(VIEW_LIMITS.shared)],
  ],
  'An account': [
    ['password', `${MIN_PASSWORD} to ${MAX_PASSWORD} characters`],
    ['passkeys', number(MAX_PASSKEYS)],
  ],
}

export function describeLimits(): string {
  const parts = Object.entries(LIMIT_GROUPS).map(([name, rows]) => `## ${name}\n\n${table(['limit', 'value'], rows)}`)
  return parts.join('\n\n')
}
