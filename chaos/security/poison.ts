/** Finding 5: what one run does to its sandbox is found by later `fresh` runs. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Program } from './program.ts'

const SOURCE = readFileSync(join(import.meta.dirname, '../../test/functions/poisons_later_runs.py'), 'utf8')
const CASES = ['shut down', 'limits', 'priority', 'default acl', 'note']

export async function prove({ start, workflows, say }: Program): Promise<void> {
  const server = await start()
  try {
    const look = async (hook: Parameters<typeof workflows.callHook>[0]) => {
      const answer = await workflows.callHook(hook, { case: 'look' })
      return answer.status === 200
        ? new Set(answer.text.match(/\('[^']+', [^()]*\)/g))
        : String(answer.body['detail']).replace(/ See run.*/, '')
    }
    const fresh = await workflows.createCatch(server, { source: SOURCE })
    const clean = await look(fresh)
    for (const name of CASES) {
      const hook = await workflows.createCatch(server, { source: SOURCE, max_concurrency: 1 })
      await workflows.callHook(hook, { case: name })
      const found: string[] = []
      for (let run = 0; run < 3; run += 1) {
        const seen = await look(hook)
        found.push(
          typeof seen === 'string' || typeof clean === 'string'
            ? String(seen)
            : [...seen].filter((one) => !clean.has(one)).join(' '),
        )
      }
      say(
        `${name}: the three next fresh runs find ${found.every((one) => one === '') ? 'nothing' : JSON.stringify(found)}`,
      )
    }
  } finally {
    await server.close()
  }
}
