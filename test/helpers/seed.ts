/** A commit is tested with the same random values in each run: a new seed finds an old defect at a random commit. */
const USUAL = 1

/** `FUZZ_SEED=2 npm test -- …` makes other values, and `FUZZ_SEED=random` draws a seed. A failure names its seed. */
export const SEED = readSeed(process.env.FUZZ_SEED)

function readSeed(given: string | undefined): number {
  if (given === 'random') return Math.floor(Math.random() * 2 ** 31)
  const seed = Number(given ?? USUAL)
  if (!Number.isInteger(seed)) throw new Error(`FUZZ_SEED: expected a whole number or "random", found "${given}"`)
  return seed
}
