/** Checks a decision's bundle, and repeats the decision in a sandbox of this machine. */

import { spawn } from 'node:child_process'
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { compareDecision, type Difference } from '../../src/domain/decisions/bundle/compare.ts'
import { BUNDLE_LIMITS, type Bundle, InvalidBundle, readBundle } from '../../src/domain/decisions/bundle/read-bundle.ts'
import { readPublicKey } from '../../src/domain/decisions/bundle/signature.ts'
import type { ProposedDecision } from '../../src/domain/decisions/decision.ts'
import type { Context } from '../context.ts'
import { Failed, Failure, WrongUse } from '../errors.ts'
import { findRoot } from '../root.ts'
import { connect, parseServerUrl } from '../session.ts'

type Options = { readonly key?: string; readonly server?: string; readonly json: boolean }

type Replayed = { readonly decision: ProposedDecision | null; readonly problem: string | null }

export async function replayDecision(context: Context, file: string, options: Options): Promise<void> {
  const { environment, terminal } = context
  const bytes = readFile(resolve(environment.cwd, file), file)
  const key = await keyOf(context, options)
  const bundle = open(bytes, key, file)
  const { decision, problem } = await replay(context, bytes, key)
  const differences = decision === null ? [] : compareDecision(bundle.decision, decision)
  const result = { equal: decision !== null && differences.length === 0, problem, differences }
  if (options.json) terminal.print(JSON.stringify({ ...result, notes: bundle.manifest.notes }, null, 2))
  else for (const line of describe(bundle, result)) terminal.print(line)
  if (!result.equal) throw new Failed()
}

/** Anyone can sign with the key in a bundle. */
async function keyOf({ environment }: Context, { key, server }: Options): Promise<string> {
  if (key !== undefined && server !== undefined) throw new WrongUse('Expected --key or --server, found both.')
  if (key !== undefined) {
    if (readPublicKey(key) === null)
      throw new WrongUse('--key: expected the public_key of GET /api/decisions/key, found another text.')
    return key
  }
  const url = server === undefined ? environment.url : parseServerUrl(server)
  return (await connect({ ...environment, url }).client.get('/api/decisions/key')).public_key
}

function readFile(path: string, file: string): Buffer {
  try {
    const descriptor = openSync(path, 'r')
    try {
      const { size } = fstatSync(descriptor)
      if (size > BUNDLE_LIMITS.bytes) throw new Failure(`${file} has more than ${BUNDLE_LIMITS.bytes} bytes.`)
      return readFileSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(`${file} can't be read: is the name right?`)
  }
}

function open(bytes: Buffer, key: string, file: string): Bundle {
  try {
    return readBundle(bytes, key)
  } catch (error) {
    if (error instanceof InvalidBundle) throw new Failure(`${file} is refused: ${error.message}. Nothing was run.`)
    throw error
  }
}

/** Needs a clone, because the sandbox is a part of the server. */
async function replay({ stop }: Context, bytes: Buffer, key: string): Promise<Replayed> {
  const program = join(findRoot(), 'scripts/run.sh')
  if (!existsSync(program))
    throw new Failure('The bundle is intact. To run it, use a clone of Workflows: this package has no sandbox.')
  const child = spawn('sh', [program, 'replay-decision', key], { stdio: ['pipe', 'pipe', 'pipe'], signal: stop })
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk) => out.push(chunk))
  child.stderr.on('data', (chunk) => err.push(chunk))
  // The exit code of a child that ends early says why.
  child.stdin.on('error', () => {})
  child.stdin.end(bytes)
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  }).catch((error: Error) => {
    throw new Failure(stop.aborted ? 'Stopped.' : `The sandbox could not be started: ${error.message}`)
  })
  if (code === 0) return JSON.parse(Buffer.concat(out).toString('utf8'))
  throw new Failure(Buffer.concat(err).toString('utf8').trim() || 'The sandbox could not be started.')
}

type Result = {
  readonly equal: boolean
  readonly problem: string | null
  readonly differences: readonly Difference[]
}

function describe({ decision, manifest }: Bundle, { equal, problem, differences }: Result): readonly string[] {
  const { record } = decision
  return [
    `${record.id}: number ${record.number} of ${record.workflow_id}, ${record.at}`,
    'The signature, the digests and the position in the chain are intact.',
    ...(equal ? ['Equal: the function decided the same again.'] : []),
    ...(problem === null ? [] : [`Not equal: ${problem}.`]),
    ...differences.flatMap(({ field, recorded, replayed }) => [
      `Not equal: ${field}`,
      `  recorded: ${recorded}`,
      `  replayed: ${replayed}`,
    ]),
    ...manifest.notes.map((note) => `Note: ${note}`),
  ]
}
