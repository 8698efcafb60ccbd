/**
 * Where a case of the common list (../cases.ts) differs in JavaScript, and why. Of exceptions and of time limits only status, code and
 * message are compared: a stack has the form of V8, innermost call first, which runtime.test.ts holds.
 */

import type { Case } from '../cases.ts'

export type Difference = {
  readonly reason: string
  /** What is expected instead; null: JavaScript has no such thing, so the case does not run. */
  readonly instead: Partial<Pick<Case, 'status' | 'code' | 'check' | 'orElse'>> | null
}

const none = (reason: string): Difference => ({ reason, instead: null })
const differently = (reason: string, instead: NonNullable<Difference['instead']>): Difference => ({ reason, instead })
/** The outcome is the same; what Python's check looks at has another form. */
const otherForm = (reason: string): Difference => differently(reason, { check: undefined })

const NO_TUPLE = 'JavaScript has no tuples'
const NO_SUBCLASS = 'strings have no subclasses, and enums are plain values'
const KEYS = 'keys of objects are always strings'
const SYS_EXIT = 'JavaScript has one way to exit, process.exit()'
const BASE = 'anything may be thrown; there is no second kind of exception'
const PYTHON_ONLY = 'the program of the case is about modules of Python'
const SPAWN = 'Node cannot fork itself, so a child is another program'

export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'R01: tuple': none(NO_TUPLE),
  'R01 keeps the value as text: tuple': none(NO_TUPLE),
  'R06: status enum': none(NO_SUBCLASS),
  'R07: status beyond printing': none('numbers end at 1.8e308'),
  'R13: body odd str': none(NO_SUBCLASS),
  'R16: header name int': none(KEYS),
  'R29: lies': differently('an object of a class is no answer: only plain objects and a Web Response are', {
    check: undefined,
  }),
  'R30: nan': none('JSON.stringify writes null for NaN'),
  'R29: hostile result': otherForm('the text of a value is what console.log shows'),
  'F06: exit text': none(SYS_EXIT),
  'F06: quit': none(SYS_EXIT),
  'F07: interrupt': none(BASE),
  'F07: generator exit': none(BASE),
  'F07: base exception': none(BASE),
  'F03: stop iteration': none(BASE),
  'F08 L09: _exit 0': none('process.exit() is caught and is an exception (F06), so no process ends with a code'),
  'F08: _exit 3': none('as for exit code 0'),
  'F09: endless in C': none('long computations in C++ are interrupted like loops'),
  'F35: two threads': none('threads are workers with memory of their own: there are no locks to wait for'),
  'F35 with isolation reuse: two threads': none('threads are workers with memory of their own'),
  'F11: waits for input': none('standard input is at its end, and nothing waits for it'),
  'S04: tuple': none(NO_TUPLE),
  'S04: int key': none(KEYS),
  'S04: bool key': none(KEYS),
  'S04: none key': none(KEYS),
  'S04: float key': none(KEYS),
  'S04: top int key': none(KEYS),
  'S04: many int keys': none(KEYS),
  'S04: tuple key': none(KEYS),
  'S04: top tuple key': none(KEYS),
  'S07: exact': none('numbers are doubles: an integer beyond 2^53 is rounded when it is read'),
  'S13: keeps writing': none('a worker cannot write to the settings of the main thread'),
  'S14: hostile items': none('JavaScript has no subclasses of plain objects that lie about their keys and are plain'),
  'S03: subclasses': none(NO_SUBCLASS),
  '__workflow_id: shows': none('the same is in test/runtimes/node/runtime.test.ts, in the form of JavaScript'),
  'L08 L10: both': otherForm('logging is console, whose lines have no names and levels'),
  'L03: surrogate': none('half of a pair becomes U+FFFD when text is encoded'),
  'L10: own logging': none(PYTHON_ONLY),
  'F26: replaced': none('process.stdout is a property of the process; output.cjs writes to the descriptor'),
  'F16: threads': none('a worker takes 10 MB, so memory ends before threads do'),
  'F17: many processes': none(SPAWN),
  'F17: shared memory': none('there is no memory that processes share'),
  'F17: grows and catches': differently('memory may be over the limit before an allocation fails in V8', {
    check: undefined,
    orElse: ['out_of_memory'],
  }),
  'F18: endless recursion': differently('V8 throws a RangeError before the stack ends', {
    status: 'failed',
    code: 'exception',
  }),
  'F33: pip': none(PYTHON_ONLY),
  'F37: F37': none('system calls cannot be made from JavaScript; the attacks below make them from a child in Python'),
}

/** Whole groups whose programs are about Python's own modules, and where the same is tested for JavaScript. */
export const OTHER_GROUPS: Readonly<Record<string, string>> = {
  starts_processes: 'multiprocessing and asyncio; child processes: runtime.test.ts',
  breaks_its_channels: 'descriptors of the worker: F25, L06 and X12 in walls.test.ts',
  attacks: 'attacks.test.ts runs the list of attacks from a child process',
  installs_a_package: PYTHON_ONLY,
}
