/** What a terminal gets of texts that come from outside. */

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { summaryOf } from '../../cli/show-run.ts'
import { createTerminal } from '../../cli/terminal.ts'
import { createCommandLine } from '../helpers/command-line.ts'
import { freePort } from '../helpers/server.ts'
import { shareServer } from '../helpers/shared-servers.ts'
import { callHook, createCatch } from '../helpers/workflows.ts'

/** Writes the clipboard, clears the screen, begins a sequence with one byte, and turns the direction of text. */
const HOSTILE = 'a\u001b]52;c;cm0gLXJm\u0007\u001b[2J\u009b31m\r\u202eb\u007f'
const VISIBLE = 'a\\x1b]52;c;cm0gLXJm\\x07\\x1b[2J\\x9b31m\\x0d\\u202eb\\x7f'
const SOURCE = `def workflow(_request, settings):
    print(_request["text"])
    raise ValueError(_request["text"])
`

const server = await shareServer()
const line = createCommandLine({ WORKFLOWS_URL: server.url, WORKFLOWS_API_KEY: server.apiKey })
after(async () => {
  await server.close()
  line.remove()
})

function open(isTTY: boolean) {
  const written: string[] = []
  const output = { isTTY, write: (text: string | Uint8Array) => written.push(String(text)) > 0 }
  const environment = { hasColours: isTTY, width: 80 }
  return { terminal: createTerminal(environment, { stdout: output, stderr: output }), text: () => written.join('') }
}

test('Z3-10 a terminal gets control characters of the command line only', () => {
  const { terminal, text } = open(true)
  const { paint } = terminal
  terminal.print(`${paint.red(HOSTILE)}\t${HOSTILE}\nnext`)
  terminal.note(HOSTILE)
  assert.equal(text(), `\u001b[31m${VISIBLE}\u001b[39m\t${VISIBLE}\nnext\n${VISIBLE}\n`)
})

test('Z3-10 JSON holds no character that controls a terminal, and means the same', () => {
  const { terminal, text } = open(true)
  terminal.json({ [HOSTILE]: HOSTILE }, 0)
  assert.doesNotMatch(text().trimEnd(), /\p{Cc}|\u202e/u)
  assert.deepEqual(JSON.parse(text()), { [HOSTILE]: HOSTILE })
})

test('a file or a pipe gets texts as they are', () => {
  const { terminal, text } = open(false)
  terminal.print(terminal.paint.red(HOSTILE))
  assert.equal(text(), `${HOSTILE}\n`)
})

test('Z3-10 log lines, messages and answers that a caller controls do not control the terminal', async () => {
  const workflow = await createCatch(server, { source: SOURCE, name: 'hostile' })
  await callHook(workflow, { text: HOSTILE })
  for (const command of ['logs', 'runs']) {
    const shown = await line.runInTerminal([command, 'hostile'])
    // The codes of our own colours, and the carriage returns of the terminal itself.
    const rest = [1, 2, 22, 31, 32, 33, 39].reduce(
      (text, code) => text.replaceAll(`\u001b[${code}m`, ''),
      shown.replaceAll('\r\n', '\n'),
    )
    assert.doesNotMatch(rest, /[^\P{Cc}\n]|\u202e/u, command)
    assert.ok(rest.includes('a\\x1b]52;c;'), `${command}: ${rest}`)
  }
})

test('Z3-45 push prints which channels of a folder the server left out', async () => {
  const folder = join(line.cwd, 'moved')
  mkdirSync(folder)
  writeFileSync(
    join(folder, 'workflow.yaml'),
    'name: moved\nkind: catch\nruntime: python3\nalerts:\n  channels: [chan_elsewhere]\n',
  )
  writeFileSync(join(folder, 'workflow.py'), SOURCE)
  const { code, err } = await line.run(['push', 'moved'])
  assert.equal(code, 0, err)
  assert.match(err, /warning: alerts\.channels: there is no channel "chan_elsewhere", so it was left out/)
})

test('Z3-50 the command line says which server it cannot reach', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const away = createCommandLine({ WORKFLOWS_URL: url, WORKFLOWS_API_KEY: 'x' })
  try {
    const { code, err } = await away.run(['whoami'])
    assert.equal(code, 1)
    assert.ok(err.includes(`The server ${url} can’t be reached`), err)
  } finally {
    away.remove()
  }
})

test('the timing of a run has the words of the app', () => {
  const timing = { accept: 1, queue: 2, start: 3, load: 4, run: 5, commit: 6 }
  const run = { id: 'run_1', status: 'succeeded', code: null, duration_ms: 21, timing } as const
  const plain = open(false).terminal.paint
  assert.equal(
    summaryOf(plain, run),
    'succeeded run_1 21 ms (accept 1, queued 2, sandbox 3, imports 4, your code 5, commit 6)',
  )
})
