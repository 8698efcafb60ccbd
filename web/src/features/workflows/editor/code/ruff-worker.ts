/** Ruff is 11 MB of WebAssembly. */

import load, { PositionEncoding, Workspace } from '@astral-sh/ruff-wasm-web'
import wasm from '@astral-sh/ruff-wasm-web/ruff_wasm_bg.wasm?url'
import type { RuffAnswer, RuffRequest } from './ruff.ts'

/** Errors and surprises, not style. */
const RULES = ['E7', 'E9', 'F', 'PLE', 'B006', 'B012', 'B018', 'B020', 'B023', 'S102', 'ASYNC']
const IGNORED = ['E701', 'E702', 'E731', 'E741']

const loaded = load({ module_or_path: wasm })
const workspaces = new Map<string, Workspace>()

addEventListener('message', async ({ data }: MessageEvent<RuffRequest>) => {
  postMessage(await answer(data))
})

async function answer({ id, work, source, target }: RuffRequest): Promise<RuffAnswer> {
  try {
    await loaded
    const workspace = workspaceFor(target)
    return { id, result: work === 'format' ? workspace.format(source) : workspace.check(source) }
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) }
  }
}

function workspaceFor(target: string): Workspace {
  const known = workspaces.get(target)
  if (known !== undefined) return known
  const options = {
    'target-version': target,
    'line-length': 100,
    'indent-width': 4,
    lint: { select: RULES, ignore: IGNORED },
    format: { 'indent-style': 'space', 'quote-style': 'double' },
  }
  const made = new Workspace(options, PositionEncoding.Utf16)
  workspaces.set(target, made)
  return made
}
