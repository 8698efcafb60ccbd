/** Starting a process for a short file costs more processor time than its tests. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const GROUP_SIZE = 30
/** In a group, a hook outside `describe` is called for all files, and a change of the process affects later tests. */
const NEEDS_PROCESS = [
  '\nbefore',
  '\nafter',
  'mock.timers',
  'process.env',
  'process.chdir',
  'process.exit',
  'process.on(',
  'globalThis',
  'memoryUsage',
  '/proc/self',
]

/** Writes files that import the tests of several. A failed test names its own file. */
export function groupTests(root: string, files: readonly string[]): readonly string[] {
  const folder = join(root, '.cache/test-groups')
  mkdirSync(folder, { recursive: true })
  const groups = Array.from({ length: Math.ceil(files.length / GROUP_SIZE) }, (_, index) => ({
    path: join(folder, `short-tests-${index + 1}.js`),
    members: files.slice(index * GROUP_SIZE, (index + 1) * GROUP_SIZE),
  }))
  for (const { path, members } of groups) {
    const lines = members.map((file) => `await import(${JSON.stringify(pathToFileURL(join(root, file)).href)})\n`)
    writeFileSync(path, lines.join(''))
  }
  return groups.map(({ path }) => path)
}

export function mayShareProcess(root: string, file: string): boolean {
  const text = readFileSync(join(root, file), 'utf8')
  return !NEEDS_PROCESS.some((sign) => text.includes(sign))
}
