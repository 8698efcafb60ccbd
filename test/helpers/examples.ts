import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readEnvironment } from '../../scripts/set-up/environments.ts'

const ROOT = resolve(import.meta.dirname, '../..')

export type Example = {
  readonly title: string
  readonly kind: 'catch' | 'pull'
  readonly group: string
  readonly properties: readonly {
    readonly name: string
    readonly value: string
    readonly secret: boolean
    /** What the demo fills in: a twin, and `url` or the name of a credential. */
    readonly twin?: string
  }[]
  readonly sample_request?: { readonly headers: Readonly<Record<string, string>>; readonly body: string }
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

export type Demo = {
  readonly settings: readonly { readonly name: string; readonly value: string }[]
  readonly file_url: string
}
export type Twin = {
  readonly name: string
  readonly url: string
  readonly credentials: Readonly<Record<string, string>>
}

/** The settings that *Create workflow* fills in while the demo runs. */
export function demoSettings(name: string, demo: Demo, twins: readonly Twin[]): Readonly<Record<string, string>> {
  const source = exampleSource(name)
  const read = demo.settings.filter((setting) => source.includes(`"${setting.name}"`))
  const { properties } = readExample(name)
  const usual = properties.filter(({ value }) => value !== '').map(({ name: key, value }) => [key, value])
  const own = properties.flatMap(({ name: key, twin = '' }) => {
    const [of, field = ''] = twin.split('.')
    const found = twins.find((one) => one.name === of)
    return found === undefined ? [] : [[key, field === 'url' ? found.url : (found.credentials[field] ?? '')]]
  })
  const filled = [...usual, ...read.map((setting) => [setting.name, setting.value]), ...own]
  return Object.fromEntries(filled)
}

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
