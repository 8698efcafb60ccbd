import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

type Kept = { readonly digest: string; readonly order: readonly string[] }
/** Waits for other work if this has taken long. */
export type GiveWay = () => Promise<void>

/** Null: a changed module may import others. */
export async function readOrder(file: string, giveWay: GiveWay): Promise<readonly string[] | null> {
  try {
    const { digest, order }: Kept = JSON.parse(await readFile(file, 'utf8'))
    return digest === (await digestOf(order, giveWay)) ? order : null
  } catch {
    return null
  }
}

/** The folder may be read-only. */
export async function keepOrder(file: string, order: readonly string[], giveWay: GiveWay): Promise<void> {
  const scratch = `${file}.${randomUUID()}`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(scratch, JSON.stringify({ digest: await digestOf(order, giveWay), order } satisfies Kept))
    await rename(scratch, file)
  } catch {
    await rm(scratch, { force: true })
  }
}

async function digestOf(order: readonly string[], giveWay: GiveWay): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([process.version, order]))
  for (const url of order) {
    hash.update(
      createHash('sha256')
        .update(readFileSync(fileURLToPath(url)))
        .digest(),
    )
    await giveWay()
  }
  return hash.digest('hex')
}
