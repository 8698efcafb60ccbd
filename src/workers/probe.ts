/** Decides at the start which walls stand, and tries them. */

import { existsSync } from 'node:fs'
import { StartError } from '../errors.ts'
import type { PoolOptions } from './create-pool.ts'
import type { Interpreter } from './interpreters.ts'
import type { SandboxState } from './pool.ts'
import { Sandbox } from './sandbox.ts'

const BWRAP_PATHS = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap']

export async function raiseWalls(
  { sandbox, egress, runtimesDir }: PoolOptions,
  _interpreters: ReadonlyMap<string, Interpreter>,
): Promise<{ sandbox: Sandbox; state: SandboxState }> {
  const bwrap = sandbox === 'none' ? null : (BWRAP_PATHS.find((path) => existsSync(path)) ?? null)
  if (bwrap === null && sandbox === 'bwrap') throw new StartError('no bwrap')
  return { sandbox: new Sandbox({ bwrap, egress, runtimesDir }), state: { tier: bwrap === null ? 'none' : 'bwrap', notes: [] } }
}
