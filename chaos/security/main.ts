/**
 * The proofs of the security review's findings 1 to 7 against a clone of this program, old or new:
 * `node chaos/security/main.ts CLONE [1 2 …]`. The clone must be set up for tests. Bounded, but hostile: it takes 2 GiB.
 */

import { prove as credentials } from './credentials.ts'
import { prove as landlock } from './landlock.ts'
import { prove as loop } from './loop.ts'
import { prove as memory } from './memory.ts'
import { prove as poison } from './poison.ts'
import { prove as ports } from './ports.ts'
import { loadProgram } from './program.ts'
import { prove as readers } from './readers.ts'

const PROOFS = { 1: credentials, 2: loop, 3: memory, 4: readers, 5: poison, 6: landlock, 7: ports }

const [root = '.', ...chosen] = process.argv.slice(2)
const program = await loadProgram(root)
for (const [number, prove] of Object.entries(PROOFS)) {
  if (chosen.length > 0 && !chosen.includes(number)) continue
  program.say(`finding ${number}`)
  await prove(program).catch((error: unknown) => program.say(`the proof failed: ${error}`))
}
process.exit(0)
