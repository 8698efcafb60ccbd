/**
 * Bundles of many shapes, replayed in a clean folder without a server and without a network. `BUNDLE_SHAPES=200` makes
 * as many.
 */

import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { InvalidBundle, readBundle } from '../../src/domain/decisions/bundle/read-bundle.ts'
import { startHttpTarget } from '../helpers/http-target.ts'
import { startRegistry } from '../helpers/registry.ts'
import { startServer } from '../helpers/server.ts'
import { makePackage, onlyFrom } from '../helpers/wheels.ts'
import { must } from '../helpers/workflows.ts'
import { makeBundles } from './bundle-shapes/make.ts'
import { type Cause, drawer, type Shape } from './bundle-shapes/shapes.ts'

type Replayed = {
  readonly name: string
  readonly problem: string | null
  readonly differences: readonly unknown[]
  readonly notes: readonly string[]
}

const COUNT = Number(process.env.BUNDLE_SHAPES ?? 4)
const FLIPS = 50
const NOTES: Readonly<Record<Cause, RegExp>> = {
  chance: / may change the outcome/,
  unrecorded: /^Outgoing calls that were not recorded: \d/,
  redacted: /^Parts of the request were redacted|^The rules of the workflow may have redacted/,
  index: /^A replay installs the packages of lock\.txt/,
}
const CAUSES = Object.keys(NOTES) as Cause[]
/** Commands that start a process in another network namespace. An ordinary user keeps their number. */
const ALONE = [
  ['unshare', '--net', '--'],
  ['unshare', '--user', '--map-current-user', '--net', '--'],
]

test(`bundles of ${COUNT} shapes are decided equally again, or say before why not`, async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'workflows-bundles-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const target = await startHttpTarget()
  t.after(() => target.close())
  const { made, publicKey, packages } = await makeAll(t, root, target.port)
  const sent = target.asked.length
  const folder = join(root, 'bundles')
  mkdirSync(folder)
  for (const [index, { bytes }] of made.entries()) writeFileSync(join(folder, nameOf(index)), bytes)
  const alone = ALONE.find(canStart)
  const [interfaces, ...replayed] = await replayAll(alone ?? [], folder, publicKey, packages)
  assert.equal(target.asked.length, sent)
  if (alone === undefined)
    t.diagnostic('This machine refuses a network namespace, so only the target counted the calls.')
  else assert.deepEqual(interfaces, [])
  const found = replayed as readonly Replayed[]
  assert.deepEqual(
    found.map(({ name }) => name),
    made.map((_, index) => nameOf(index)),
  )
  const isEqual = made.map(({ shape }, index) => isDecidedAgain(shape, found[index] as Replayed))
  const flipped = made.reduce((sum, { bytes }, index) => sum + flipBytes(bytes, index, publicKey), 0)
  const different = made.filter((_, index) => !isEqual[index])
  const why = CAUSES.map(
    (cause) => `${cause} ${different.filter(({ shape }) => mayDiffer(shape).includes(cause)).length}`,
  )
  t.diagnostic(
    `${COUNT - different.length} equal, ${different.length} different and named before (by ${why.join(', ')}), ` +
      `${flipped} changed bytes refused, ${sent} calls sent before and 0 again`,
  )
})

const nameOf = (index: number): string => `${String(index).padStart(4, '0')}.zip`

/** Fails if the bundle did not name beforehand what may differ. */
function isDecidedAgain(shape: Shape, found: Replayed): boolean {
  const { causes, language, parts } = shape
  const what = `${language} ${parts.join(' ')}: ${JSON.stringify(found)}`
  const named = CAUSES.filter((cause) => found.notes.some((note) => NOTES[cause].test(note)))
  assert.deepEqual(named.toSorted(), causes.toSorted(), what)
  const isEqual = found.problem === null && found.differences.length === 0
  assert.ok(isEqual || mayDiffer(shape).length > 0, what)
  return isEqual
}

/** The packages of Python come from a folder, so they need no network. */
const mayDiffer = ({ causes, language }: Shape): readonly Cause[] =>
  causes.filter((cause) => cause !== 'index' || language === 'script')

/** The server has ended afterwards. The target and the registry still answer. */
async function makeAll(t: TestContext, root: string, port: number) {
  const registry = await startRegistry([{ name: 'greet', version: '1.0.0' }])
  t.after(() => registry.close())
  const index = join(root, 'index')
  makePackage(index, { name: 'tidy-cv', version: '1.0' })
  const packages = { ...onlyFrom(index), NPM_CONFIG_REGISTRY: registry.url }
  const server = await startServer({ env: { ...packages, WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${port}` } })
  try {
    const { public_key } = await must(server.api<{ public_key: string }>('GET', '/api/decisions/key'), 200)
    const made = await makeBundles(server, COUNT, `http://127.0.0.1:${port}`)
    return { made, publicKey: public_key, packages }
  } finally {
    await server.close()
  }
}

function canStart([file = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(file, [...args, 'true'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

async function replayAll(
  alone: readonly string[],
  folder: string,
  publicKey: string,
  packages: Readonly<Record<string, string>>,
): Promise<readonly unknown[]> {
  const program = join(import.meta.dirname, 'bundle-shapes/replay.ts')
  const node = [process.execPath, '--disable-warning=ExperimentalWarning']
  const [file = '', ...args] = [...alone, ...node, program, folder, publicKey]
  const { stdout } = await promisify(execFile)(file, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: join(folder, '..'), WORKFLOWS_SANDBOX: 'bwrap', ...packages },
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Changes bytes at random places of an archive. Returns how many. */
function flipBytes(bytes: Uint8Array, seed: number, publicKey: string): number {
  const draw = drawer(seed + 100_000)
  for (let count = 0; count < FLIPS; count += 1) {
    const changed = Uint8Array.from(bytes)
    const at = Math.floor(draw() * bytes.length)
    changed[at] = (changed[at] ?? 0) ^ (1 + Math.floor(draw() * 255))
    assert.throws(() => readBundle(changed, publicKey), InvalidBundle, `bundle ${seed}, byte ${at}`)
  }
  return FLIPS
}
