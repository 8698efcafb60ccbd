import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readEnvironment } from '../../scripts/set-up/environments.ts'
import type { ExampleConnection, ExampleProperty, SampleRequest } from '../../web/src/lib/with-demo.ts'

const ROOT = resolve(import.meta.dirname, '../..')

type Example = {
  readonly title: string
  readonly description: string
  readonly kind: 'catch' | 'pull'
  readonly group: string
  readonly properties: ExampleProperty[]
  readonly connections?: readonly ExampleConnection[]
  readonly decisions?: object
  readonly sample_request?: SampleRequest
}

export const EXAMPLE_NAMES: readonly string[] = readdirSync(join(ROOT, 'examples')).sort()

/** Byte for byte. */
export const exampleSource = (name: string, file = 'workflow.py'): string =>
  readFileSync(join(ROOT, 'examples', name, file), 'utf8')

export const SCRIPT_NAMES: readonly string[] = EXAMPLE_NAMES.filter((name) =>
  existsSync(join(ROOT, 'examples', name, 'workflow.ts')),
)

export const readExample = (name: string): Example =>
  JSON.parse(readFileSync(join(ROOT, 'examples', name, 'example.json'), 'utf8'))

/** pip's last message without a package index. Only then the tests that need the SDK are skipped. */
const NO_INDEX =
  /from versions: none|ConnectionError|Failed to establish|Name or service not known|Network is unreachable/

/**
 * Skips tests that need the real hrflow package if no package index is reachable. Otherwise, a missing package fails
 * the test.
 */
export async function needsSdk(): Promise<{ skip: string | false }> {
  const environment = await readEnvironment(join(ROOT, '.cache/environments/python3'))
  const isUnreachable = environment !== null && environment.error !== null && NO_INDEX.test(environment.error)
  return {
    skip: isUnreachable ? `no package index can be reached, so there is no hrflow SDK: ${environment.error}` : false,
  }
}
