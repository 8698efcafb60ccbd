import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readInside } from '../../../cli/importers/read-inside.ts'
import { createCommandLine } from '../../helpers/command-line.ts'

const line = createCommandLine()
const outside = mkdtempSync(join(tmpdir(), 'outside-'))
const KEY = 'AKIA-of-the-person'
writeFileSync(join(outside, 'key.py'), KEY)
writeFileSync(join(outside, 'package.json'), JSON.stringify({ dependencies: { left: KEY } }))
after(() => {
  line.remove()
  rmSync(outside, { recursive: true, force: true })
})

const EXPORT = `schema: workflow/2022.04
name: hostile
triggers:
- id: hi_abc123
steps:
- namespace: check
  runtime: python3.12
  uses: "./check/entry.py"
`

test('Z3-81 a link in an export of Pipedream takes no file of the person into the folder', async () => {
  const folder = join(line.cwd, 'export')
  mkdirSync(join(folder, 'check'), { recursive: true })
  writeFileSync(join(folder, 'workflow.yaml'), EXPORT)
  symlinkSync(join(outside, 'key.py'), join(folder, 'check/entry.py'))
  const { code, err } = await line.run(['import', 'pipedream', 'export', '--json'])
  assert.equal(code, 1)
  assert.match(err, /The code of the step check \(\.\/check\/entry\.py\) is not beside workflow\.yaml/)
  rmSync(join(folder, 'check'), { recursive: true })
  symlinkSync(outside, join(folder, 'check'))
  writeFileSync(join(outside, 'entry.py'), KEY)
  assert.equal((await line.run(['import', 'pipedream', 'export'])).code, 1)
})

test('Z3-81 a link to requirements.txt of a Lambda takes no lines of the person into the source', async () => {
  const folder = join(line.cwd, 'lambda')
  mkdirSync(folder)
  writeFileSync(join(folder, 'app.py'), 'def lambda_handler(event, context):\n    return event\n')
  symlinkSync(join(outside, 'key.py'), join(folder, 'requirements.txt'))
  const { code, out, err } = await line.run(['import', 'lambda', 'lambda', '--name', 'brought', '--json'])
  assert.equal(code, 0, err)
  assert.doesNotMatch(out + readFileSync(join(line.cwd, 'brought/workflow.py'), 'utf8'), /AKIA/)
})

test('an export is read below its folder, links inside it included; devices and folders are not', () => {
  const root = join(line.cwd, 'root')
  mkdirSync(join(root, 'a'), { recursive: true })
  writeFileSync(join(root, 'a/b.py'), 'b')
  symlinkSync('b.py', join(root, 'a/c.py'))
  symlinkSync('/dev/zero', join(root, 'a/d.py'))
  assert.equal(readInside(root, './a/b.py'), 'b')
  assert.equal(readInside(root, 'a/c.py'), 'b')
  for (const path of ['a/d.py', 'a', '../root', 'none', '../../etc/passwd', '/etc/passwd', join(outside, 'key.py')]) {
    assert.equal(readInside(root, path), null, path)
  }
})
