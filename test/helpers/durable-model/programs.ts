/** Random programs of steps, waits and failures, and the interpreter that says what each must do. */

import type { Random } from '../../../chaos/random.ts'

export type Operation =
  | { readonly kind: 'step'; readonly name: string; readonly n: number }
  /** All tries of a step fail. */
  | { readonly kind: 'fail'; readonly name: string; readonly attempts: number }
  | { readonly kind: 'sleep'; readonly name: string }
  /** `names[n]` gets an event, before the run waits if `isEarly`. */
  | { readonly kind: 'event'; readonly names: readonly string[]; readonly n: number; readonly isEarly: boolean }
  /** No event comes. */
  | { readonly kind: 'over'; readonly name: string }
  /** A person answers. */
  | { readonly kind: 'ask'; readonly name: string; readonly choice: Choice }
  | { readonly kind: 'run'; readonly name: string; readonly n: number }
  /** Steps at the same time. */
  | { readonly kind: 'both'; readonly names: readonly string[] }
  /** Chooses by the value so far. */
  | { readonly kind: 'if'; readonly odd: Program; readonly even: Program }
  | { readonly kind: 'loop'; readonly times: number; readonly body: Program }
  /** The function fails. */
  | { readonly kind: 'raise' }

export const CHOICES = ['yes', 'no', 'later'] as const
type Choice = (typeof CHOICES)[number]

export type Program = readonly Operation[]

const MAX_DEPTH = 2

export function drawProgram(random: Random): Program {
  let names = 0
  const name = () => {
    names += 1
    return `n${names}`
  }
  const draw = (depth: number, isLoop: boolean): Program =>
    Array.from({ length: random.whole(1, depth === 0 ? 7 : 3) }, () => operation(depth, isLoop))
  function operation(depth: number, isLoop: boolean): Operation {
    const n = random.whole(0, 9)
    const kind = random.next()
    if (kind < 0.34) return { kind: 'step', name: name(), n }
    if (kind < 0.42) return { kind: 'both', names: Array.from({ length: random.whole(2, 4) }, name) }
    if (kind < 0.49) return { kind: 'fail', name: name(), attempts: random.next() < 0.2 ? 2 : 1 }
    if (kind < 0.56) return { kind: 'sleep', name: name() }
    if (kind < 0.6) return { kind: 'run', name: name(), n }
    if (kind < 0.74 && depth < MAX_DEPTH)
      return { kind: 'if', odd: draw(depth + 1, isLoop), even: draw(depth + 1, isLoop) }
    if (kind < 0.8 && depth < MAX_DEPTH) return { kind: 'loop', times: random.whole(0, 3), body: draw(depth + 1, true) }
    if (kind < 0.82) return { kind: 'raise' }
    // The name of a wait occurs once in a run.
    if (isLoop) return { kind: 'step', name: name(), n }
    if (kind < 0.85) return { kind: 'over', name: name() }
    if (kind < 0.9) return { kind: 'ask', name: name(), choice: random.pick(CHOICES) }
    const waits = Array.from({ length: random.whole(1, 2) }, name)
    return { kind: 'event', names: waits, n: random.whole(0, waits.length - 1), isEarly: random.next() < 0.5 }
  }
  return draw(0, false)
}

export type Expected = {
  readonly status: 'succeeded' | 'failed'
  readonly value: number
  /** `kind name status`, in any order. */
  readonly rows: readonly string[]
  /** How many steps changed the settings. */
  readonly done: number
  /** How many did so while others ran. A kill may let such a change count twice, because the step stored next has it. */
  readonly doneTogether: number
}

class Raised extends Error {}

/** The reference: the same program without crashes, processes or a store. */
export function interpret(program: Program): Expected {
  const rows: string[] = []
  const count = { done: 0, doneTogether: 0 }
  let value = 1
  const next = (n: number) => {
    value = (value * 31 + n) % 1_000_003
  }
  const note = (kind: string, name: string, status = 'done') => void rows.push(`${kind} ${name} ${status}`)
  const play: { readonly [K in Operation['kind']]: (operation: Extract<Operation, { kind: K }>) => void } = {
    step({ name, n }) {
      note('step', name)
      next(n)
      count.done += 1
    },
    fail({ name, attempts }) {
      note('step', name, 'failed')
      next(attempts)
    },
    sleep: ({ name }) => note('sleep', name),
    event({ names, n }) {
      for (const [at, name] of names.entries()) note('event', name, at === n ? 'done' : 'timed_out')
      next(n + 40)
    },
    over({ name }) {
      note('event', name, 'timed_out')
      next(17)
    },
    ask({ name, choice }) {
      note('task', name)
      next(CHOICES.indexOf(choice) + 7)
    },
    run({ name, n }) {
      note('run', name)
      next(n * 2)
    },
    both({ names }) {
      for (const name of names) note('step', name)
      next(names.length)
      count.doneTogether += names.length
    },
    if: ({ odd, even }) => all(value % 2 === 1 ? odd : even),
    loop({ times, body }) {
      for (let turn = 0; turn < times; turn += 1) all(body)
    },
    raise() {
      throw new Raised()
    },
  }
  const all = (operations: Program) => {
    for (const one of operations) (play[one.kind] as (one: Operation) => void)(one)
  }
  try {
    all(program)
    return { status: 'succeeded', value, rows, ...count }
  } catch (error) {
    if (!(error instanceof Raised)) throw error
    return { status: 'failed', value, rows, ...count }
  }
}

/** All waits for events and people of a program, also of branches that are not taken. */
export const waitsOf = (program: Program): readonly Extract<Operation, { kind: 'event' | 'ask' }>[] =>
  program.flatMap((one) => {
    if (one.kind === 'event' || one.kind === 'ask') return [one]
    if (one.kind === 'if') return [...waitsOf(one.odd), ...waitsOf(one.even)]
    return []
  })
