/** The image's first process reaps what others leave behind: Node does not. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const lines = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8').split('\n')
const find = (start: string): string => lines.find((line) => line.startsWith(start)) ?? ''

test('the image starts the server below tini, which its own stage installs', () => {
  const command: readonly string[] = JSON.parse(find('ENTRYPOINT ').slice('ENTRYPOINT '.length))
  assert.deepEqual(command.slice(0, 4), ['tini', '-s', '--', '/app/node'])
  const system = lines.slice(
    lines.findIndex((line) => line.endsWith(' AS system')),
    lines.findIndex((line) => line.endsWith(' AS build')),
  )
  assert.match(system.join('\n'), /apt-get install .*\btini\b/)
  assert.equal(lines.filter((line) => line.startsWith('FROM ')).at(-1), 'FROM system')
})
