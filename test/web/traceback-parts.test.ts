/** Which lines of a traceback a page folds. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tracebackParts } from '../../web/src/lib/ui/text/traceback-parts.ts'

const HEAD = 'Traceback (most recent call last):'
const frame = (file: string, line = 1) => [`  File "${file}", line ${line}, in f`, '    call()', '    ~~~~^^']
const library = (name: string) => frame(`/opt/packages/${name}.py`)

test('exceptions that a library raised and caught itself are folded as one, and the function stays open', () => {
  const lines = [
    ...[HEAD, ...library('urllib3/connection'), 'ConnectionRefusedError: [Errno 111]', ''],
    ...['During handling of the above exception, another exception occurred:', ''],
    ...[HEAD, ...library('urllib3/pool'), ...frame('/usr/lib/python3.13/socket.py'), 'NewConnectionError: refused', ''],
    ...['The above exception was the direct cause of the following exception:', ''],
    ...[HEAD, ...frame('/workflow/workflow.py', 6), ...library('requests/api'), ...library('requests/sessions')],
    'ConnectionError: refused',
  ]
  const parts = tracebackParts(lines)
  assert.deepEqual(
    parts.flatMap((part) => part.lines),
    lines,
  )
  assert.deepEqual(
    parts.map(({ isLibrary, frames }) => [isLibrary, frames]),
    [
      [true, 3],
      [false, 1],
      [true, 2],
      [false, 0],
    ],
  )
  assert.deepEqual(parts[1]?.lines.slice(0, 2), [HEAD, '  File "/workflow/workflow.py", line 6, in f'])
})

test('an exception that the function caught stays open', () => {
  const lines = [
    HEAD,
    ...frame('/workflow/workflow.py'),
    'KeyError: 1',
    '',
    HEAD,
    ...frame('/workflow/lib/a.py'),
    'E: 2',
  ]
  assert.deepEqual(tracebackParts(lines), [{ isLibrary: false, frames: 2, lines }])
})
