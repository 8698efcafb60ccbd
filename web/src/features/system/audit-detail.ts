/** The server's log is English. An unknown detail stays as the server wrote it. */

import { t } from '../../lib/i18n/t.ts'
import { wordOf } from '../../lib/words.ts'
import { fieldWords } from './audit-words.ts'

type Sentence = readonly [RegExp, (...parts: readonly string[]) => string]

const VERSION: readonly Sentence[] = [
  [/^version (\d+)$/, (number = '') => t('version {number}', { number })],
  [
    /^version (\d+), forced past its gate$/,
    (number = '') => t('version {number}, forced past its deploy check', { number }),
  ],
  [
    /^version (\d+): (\d+) of (\d+) calls failed$/,
    (number = '', failed = '', calls = '') =>
      t('version {number}: {failed} of {calls} calls failed', { number, failed, calls }),
  ],
]

const RUNS: readonly Sentence[] = [
  [
    /^(run_\w{1,64}) as (run_\w{1,64})(, from its steps)?$/,
    (run = '', other = '', steps) =>
      steps === undefined
        ? t('{run} as {other}', { run, other })
        : t('{run} as {other}, from its steps', { run, other }),
  ],
  [/^(\d+) runs$/, (count = '') => countedRuns(count)],
  [/^(\d+) by id$/, (count = '') => t('{runs}, chosen one by one', { runs: countedRuns(count) })],
  [/^(\d+) by no filter$/, (count = '') => t('{runs}, without a filter', { runs: countedRuns(count) })],
  [
    /^(\d+) by ([a-z_]+(?:, [a-z_]+)*)$/,
    (count = '', fields = '') =>
      t('{runs}, by the filter {fields}', { runs: countedRuns(count), fields: fieldsWords(fields) }),
  ],
  [
    /^(\w+): (\d+) runs(?:, (\d+) decisions)?$/,
    (id = '', count = '', decisions) =>
      decisions === undefined
        ? t('{id}: {runs}', { id, runs: countedRuns(count) })
        : t('{id}: {runs}, {count, plural, one {# decision} other {# decisions}}', {
            id,
            runs: countedRuns(count),
            count: Number(decisions),
          }),
  ],
]

const DEAD: readonly Sentence[] = [
  [
    /^(\d+) of (dead_\w{1,64})$/,
    (count = '', group = '') => t('{runs} of {group}', { runs: countedRuns(count), group }),
  ],
]

const FIELDS: readonly Sentence[] = [
  [
    /^alerts: the channel (.+) was deleted$/s,
    (channel = '') => t('Alerts: the channel {channel} was deleted', { channel }),
  ],
  [
    /^([a-z_]+(?:, [a-z_]+)*)(?: \(version (\d+), (\d+) %\))?$/,
    (fields = '', version, percent = '') =>
      version === undefined
        ? fieldsWords(fields)
        : t('{fields} (version {version}, {percent} %)', { fields: fieldsWords(fields), version, percent }),
  ],
]

const SENTENCES: Readonly<Record<string, readonly Sentence[]>> = {
  'alerts.update': [
    [/^none$/, () => t('none')],
    [/^([a-z_]+(?:, [a-z_]+)*)$/, (events = '') => events.split(', ').map(wordOf).join(', ')],
    ...FIELDS.slice(0, 1),
  ],
  'canary.abort': VERSION,
  'canary.promote': VERSION,
  'dead_letters.dismiss': DEAD,
  'dead_letters.replay': DEAD,
  'decisions.expire': [
    [
      /^numbers (\d+) to (\d+); (\w+)$/,
      (first = '', last = '', hash = '') => t('numbers {first} to {last}; {hash}', { first, last, hash }),
    ],
  ],
  'held_runs.cancel': RUNS,
  'held_runs.release': RUNS,
  'invitation.create': [
    [/^(\S+) as (\w+)$/, (email = '', role = '') => t('{email} as {role}', { email, role: wordOf(role) })],
  ],
  'person.update': [
    [
      /^(\S+) is (\w+)(, by the sign-in provider)?$/,
      (email = '', role = '', provider) =>
        provider === undefined
          ? t('{email} is {role}', { email, role: wordOf(role) })
          : t('{email} is {role}, by the sign-in provider', { email, role: wordOf(role) }),
    ],
  ],
  'privacy.erase': RUNS,
  'privacy.export': RUNS,
  'privacy.find': RUNS,
  'request.refuse': [
    [
      /^(\d+) more refusals are not listed$/,
      (count = '') =>
        t('{count, plural, one {# more refusal is} other {# more refusals are}} not listed', { count: Number(count) }),
    ],
    [/^(\S+ \S+) from (\S+)$/, (call = '', address = '') => t('{call} from {address}', { call, address })],
  ],
  'run.replay': RUNS,
  'runs.delete': RUNS,
  'task.answer': [
    [
      /^("(?:[^"\\]|\\.)*") to ("(?:[^"\\]|\\.)*") \((\w+) of (run_\w{1,64})\)(: .*)?$/s,
      (choice = '', task = '', id = '', run = '', reason = '') =>
        t('{choice} to {task} ({id} of {run}){reason}', { choice, task, id, run, reason }),
    ],
  ],
  'version.create': VERSION,
  'version.deploy': VERSION,
  'workflow.duplicate': [[/^(.+), from (wf_\w{1,64})$/s, (name = '', id = '') => t('{name}, from {id}', { name, id })]],
  'workflow.update': FIELDS,
}

const countedRuns = (count: string): string =>
  t('{count, plural, one {# run} other {# runs}}', { count: Number(count) })

const fieldsWords = (names: string): string => names.split(', ').map(fieldWords).join(', ')

const REPEATED = /^(.*) · (\d+) more times$/s

/** Null: not a text that is known. */
export function findDetailWords(action: string, detail: string): string | null {
  const repeated = REPEATED.exec(detail)
  if (repeated !== null) {
    const [, text = '', count = ''] = repeated
    const words = findDetailWords(action, text) ?? text
    return t('{words} · {count, plural, one {# more time} other {# more times}}', { words, count: Number(count) })
  }
  for (const [pattern, words] of SENTENCES[action] ?? []) {
    const found = pattern.exec(detail)
    if (found !== null) return words(...found.slice(1))
  }
  return null
}

export const detailWords = (action: string, detail: string): string => findDetailWords(action, detail) ?? detail
