/** The first is enough unless a process waits long for a processor. */
const VALID_MS = [2000, 20_000, 60_000]

/** Calls `use` with a time to come. Repeats with a later one if that time passed before `use` succeeded. */
export async function beforeExpiry<T>(
  use: (expiresAt: string) => Promise<T>,
  [validMs = 0, ...longer]: readonly number[] = VALID_MS,
): Promise<T> {
  const expiresAt = Date.now() + validMs
  try {
    return await use(new Date(expiresAt).toISOString())
  } catch (error) {
    if (Date.now() < expiresAt || longer.length === 0) throw error
    return await beforeExpiry(use, longer)
  }
}
