import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startDemo } from '../demo/demo.ts'

export type SignIn = { readonly email: string; readonly password: string; readonly apiKey: string }

/** Filling a new directory takes some seconds. */
export async function ensureData(directory: string): Promise<SignIn> {
  const file = join(directory, 'sign-in.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  process.stdout.write('Making the data of the development server (once)…\n')
  // An earlier attempt may have been interrupted.
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const apiKey = `wf_dev_${randomBytes(16).toString('hex')}`
  const password = randomBytes(9).toString('base64url')
  const env = { WORKFLOWS_API_KEY: apiKey, WORKFLOWS_SANDBOX: process.env.WORKFLOWS_SANDBOX ?? 'auto' }
  const { server, owner } = await startDemo({ dataDir: directory, password, env })
  await server.stop()
  const signIn: SignIn = { email: owner.email, password, apiKey }
  // Marks a complete directory.
  writeFileSync(file, JSON.stringify(signIn), { mode: 0o600 })
  return signIn
}
