/** Reads a terminal session from a guide, does what it says, and returns what was really printed. */

import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandLine } from '../helpers/command-line.ts'
import { until } from '../helpers/workflows.ts'

/** One command with what follows it: printed lines, and between them what people do meanwhile. */
export type Step = { readonly command: string; readonly after: readonly string[] }

export function readSession(guide: string): readonly Step[] {
  const [, block = ''] = /```console\n(.*?)```/s.exec(guide) ?? []
  const steps: { command: string; after: string[] }[] = []
  for (const line of block.trimEnd().split('\n')) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), after: [] })
    else steps.at(-1)?.after.push(line)
  }
  return steps
}

/** What differs from one time to the next. */
export const normalise = (text: string): string =>
  text
    .replace(/\b(run|wf)_[0-9a-z]+/g, '$1_…')
    .replace(/\/hooks\/[0-9a-f]+/g, '/hooks/…')
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:4400')
    .replace(/\d+(\.\d+)? m?s \(.*\)$/gm, '… ms (…)')
    .replace(/\d+[smh] ago */g, '… ago  ')
    .replace(/^\d\d:\d\d:\d\d /gm, '00:00:00 ')
    .replace(/[ \t]+$/gm, '')

export type Place = {
  readonly line: CommandLine
  readonly url: string
  readonly key: string
  /** Calls the hook of the workflow `hello` with this JSON. */
  call(json: string): Promise<void>
}

/** Does the step. `record`: waits for what comes instead of for what the guide says. Returns the lines after the command. */
export async function play(step: Step, place: Place, record: boolean): Promise<readonly string[]> {
  const text = step.command.replace('http://127.0.0.1:4400', place.url).replace('$KEY', place.key)
  if (!text.startsWith('npx workflows ')) return linesOf(await runShell(text, place.line.cwd))
  const args = text.split(' ').slice(2)
  if (!step.after.includes('^C')) {
    const { out, err } = await place.line.run(args)
    return linesOf(out + err)
  }
  const running = place.line.start(args)
  const printed: string[] = []
  let taken = 0
  const take = () => {
    const output = running.output()
    printed.push(...linesOf(output.slice(taken)))
    taken = output.length
  }
  let expected = ''
  for (const line of step.after) {
    if (!line.startsWith('[') && line !== '^C') {
      expected += `${line}\n`
      continue
    }
    const wanted = normalise(expected)
    // A transcript is compared in the end: this only waits, and a difference is shown there.
    if (record) await untilQuiet(running.output, taken)
    else await until(async () => normalise(running.output().slice(taken)).length >= wanted.length)
    take()
    expected = ''
    printed.push(line)
    if (line === '^C') running.process.kill('SIGINT')
    else await act(line, place)
  }
  await running.ended
  return printed
}

async function untilQuiet(output: () => string, from: number): Promise<void> {
  for (let length = from, quiet = 0; quiet < 20; quiet += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    if (output().length !== length || length === from) quiet = 0
    length = output().length
  }
}

async function act(line: string, { line: { cwd }, call }: Place): Promise<void> {
  const [, from, to, path] = /^\[you change "(.*)" to "(.*)" in (\S+) and save\]$/.exec(line) ?? []
  const [, json] = /^\[a caller sends (.*) to the hook\]$/.exec(line) ?? []
  if (json !== undefined) return await call(json)
  if (from === undefined || to === undefined || path === undefined) throw new Error(`nobody knows how to do: ${line}`)
  const file = join(cwd, path)
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
}

function runShell(command: string, cwd: string): Promise<string> {
  return new Promise((done) => {
    const child = spawn('sh', ['-c', command], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.on('data', (chunk) => (out += chunk))
    child.on('close', () => done(out))
  })
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))
