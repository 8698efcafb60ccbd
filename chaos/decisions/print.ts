import type { ProofOptions } from './context.ts'
import { proveDecisions } from './prove.ts'

/** Prints each step and a row of figures. Returns whether a promise was broken. */
export async function printProof(options: ProofOptions): Promise<boolean> {
  const startedAt = performance.now()
  const seconds = () => Math.round((performance.now() - startedAt) / 1000)
  console.log(`\n${options.engine}: ${options.decisions} decisions, seed ${options.seed}`)
  const proof = await proveDecisions({ ...options, onStep: (text) => console.log(`${seconds()} s: ${text}`) })
  const { broken, ...figures } = proof
  console.table([{ engine: options.engine, ...figures, broken: broken.length, seconds: seconds() }])
  for (const sentence of broken.slice(0, 50)) console.log(`  BROKEN: ${sentence}`)
  return broken.length > 0 || proof.lost + proof.doubled > 0 || proof.found < proof.bytes
}
