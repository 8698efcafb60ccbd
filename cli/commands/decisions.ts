/** No server is needed. */

import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { verifyExport } from '../../src/domain/decisions/export.ts'
import { type Add, JSON_FLAG } from '../add-command.ts'
import type { Context } from '../context.ts'
import { replayDecision } from '../decisions/replay.ts'
import { Failed, Failure } from '../errors.ts'

export function addDecisionCommands(program: Command, add: Add): void {
  const decisions = program.command('decisions').description('decisions about people')
  add(
    decisions,
    'verify <file>',
    'check an export of decisions without the server. A changed export gives exit code 1',
    verifyDecisions,
    [JSON_FLAG],
  )
  add(
    decisions,
    'replay <bundle>',
    'check the bundle of a decision, and run its function again in a sandbox. A difference gives exit code 1',
    replayDecision,
    [
      ['--key <key>', 'the public key of the server that signed it, known from elsewhere'],
      ['--server <url>', 'ask this server for its public key; the server of login when both are left out'],
      JSON_FLAG,
    ],
  )
}

async function verifyDecisions(
  { environment, terminal }: Context,
  file: string,
  { json }: { readonly json: boolean },
): Promise<void> {
  const verifier = verifyExport()
  try {
    const lines = createInterface({ input: createReadStream(resolve(environment.cwd, file)), crlfDelay: Infinity })
    for await (const line of lines) if (line !== '' && !verifier.line(line)) break
  } catch {
    throw new Failure(`${file} can't be read: is the name right?`)
  }
  const result = verifier.end()
  if (json) terminal.print(JSON.stringify(result, null, 2))
  else for (const line of describe(result)) terminal.print(line)
  if (!result.ok) throw new Failed()
}

function describe({ checked, first_broken: broken, chains }: ReturnType<ReturnType<typeof verifyExport>['end']>) {
  if (broken !== null) {
    const id = broken.id === null ? '' : ` (${broken.id})`
    return [`Broken at number ${broken.number}${id}: ${broken.reason}. ${checked} before it are intact.`]
  }
  return [
    `${checked} ${checked === 1 ? 'decision is' : 'decisions are'} intact.`,
    ...chains.map(({ workflow_id, first, last, head_sha256 }) => `${workflow_id} ${first}-${last} ${head_sha256}`),
    'Compare each last hash with an anchor: only an anchor shows that no later decision is missing.',
  ]
}
