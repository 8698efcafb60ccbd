/** faulthandler's stacks are untrusted input. */

import type { CodeText } from '../../domain/modules/module-files.ts'

const LENGTH = 64 * 1024
const LINE_LENGTH = 1000
/** faulthandler's maximum. Not every Python marks omitted frames. */
const MAX_FRAMES = 100
const MAX_THREADS = 100
const FILE_NAMES: readonly string[] = ['workflow.py', 'workflow.ts']
const THREAD = /^(?:Current thread|Thread) 0x[0-9a-f]+\b.*\(most recent call first\):$/
const FRAME = /^ {2}File (?:"(.*)"|\?+), line (\d+|\?+) in (.*)$/
const THREADS_CUT = '...'
const OURS = /\/(?:workflow_runtime\/[\w/]+|runtimes\/python)\.py$|\/runtimes\/node\/\w+\.cjs$|^node:/
/** Control characters, quotes and lone surrogates do not match. */
const ESCAPED = /\\x([a-f][0-9a-f])|\\u((?!d[89a-f])[0-9a-f]{4})|\\U000([0-9a-f]{5})/g

type Frame = { readonly file: string; readonly line: string; readonly name: string }
type Thread = { readonly frames: Frame[]; written: number }
type Described = { readonly traceback: string | null; readonly line: number | null }

/** Returns the main thread last, and its source line. */
export function describeStacks(text: string, { source, files }: CodeText): Described {
  const { threads, isWhole } = parse(text)
  const main = isWhole ? threads.at(-1) : undefined
  const lines = new Map(
    Object.entries({ ...files, ...Object.fromEntries(FILE_NAMES.map((name) => [name, source])) }).map(
      ([path, code]) => [path, linesOf(code)],
    ),
  )
  const sections: string[] = []
  let room = LENGTH
  for (const [age, thread] of threads.toReversed().entries()) {
    const frames = format(thread, lines)
    const section = `${thread === main ? 'Main thread' : `Thread ${age + 1}`} (most recent call last):\n${frames}`
    if (frames === '') continue
    room -= section.length + 1
    if (room < 0) break
    sections.unshift(section)
  }
  const own = main?.frames.find(({ file }) => FILE_NAMES.includes(file))
  const line = Number(own?.line)
  return {
    traceback: sections.length === 0 ? null : sections.join('\n'),
    line: Number.isSafeInteger(line) ? line : null,
  }
}

function parse(text: string): { threads: readonly Thread[]; isWhole: boolean } {
  const threads: Thread[] = []
  let isWhole = true
  for (const whole of text.split('\n')) {
    const line = whole.slice(0, LINE_LENGTH)
    const thread = threads.at(-1)
    if (THREAD.test(line)) {
      if (threads.length === MAX_THREADS) return { threads, isWhole: false }
      threads.push({ frames: [], written: 0 })
    } else if (line === THREADS_CUT) isWhole = false
    else if (thread !== undefined && thread.written < MAX_FRAMES) addFrame(thread, line)
  }
  return { threads, isWhole }
}

function addFrame(thread: Thread, line: string): void {
  const [, file = '???', number, name] = FRAME.exec(line) ?? []
  if (number === undefined || name === undefined) return
  thread.written += 1
  // Python omits them too.
  if (file.startsWith('<frozen importlib')) return
  const decoded = name.replace(ESCAPED, (_, ...codes: (string | undefined)[]) =>
    String.fromCodePoint(Number.parseInt(codes.find((code) => typeof code === 'string') ?? '', 16)),
  )
  thread.frames.push({ file, line: number, name: decoded })
}

const linesOf = (code: string): readonly string[] => code.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)

function format({ frames, written }: Thread, lines: ReadonlyMap<string, readonly string[]>): string {
  const first = frames.findLastIndex(({ file }) => lines.has(file))
  const shown = first === -1 ? frames.filter(({ file }) => !OURS.test(file)) : frames.slice(0, first + 1)
  const more = written === MAX_FRAMES && shown.length > 0 ? '  … more frames …\n' : ''
  return (
    more +
    shown
      .toReversed()
      .map(({ file, line, name }) => {
        const code = (lines.get(file)?.[Number(line) - 1] ?? '').trim().slice(0, LINE_LENGTH)
        return `  File "${file}", line ${line}, in ${name}\n${code === '' ? '' : `    ${code}\n`}`
      })
      .join('')
  )
}
