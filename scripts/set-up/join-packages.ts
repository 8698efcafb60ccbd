/**
 * Node takes 0.4 ms to find, read and link each module: 0.5 s of a start of 2.0 s for `typebox` and `kysely`, and 0.1 s
 * for the CommonJS packages.
 */

import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, normalize } from 'node:path'

const STARTED = ['typebox', 'kysely', 'yaml', 'semver', 'prom-client', '@opentelemetry/api', 'fastify']
/** A thread imports them before the first session (src/imports). */
const FOR_SESSIONS = [
  'better-auth',
  'jose',
  'zod',
  '@simplewebauthn/server',
  'tsyringe',
  '@peculiar/asn1-schema',
  '@peculiar/asn1-x509',
  '@peculiar/asn1-cms',
  '@peculiar/asn1-x509-attr',
  '@peculiar/asn1-pfx',
  '@peculiar/asn1-rsa',
  '@peculiar/asn1-ecc',
]
const PACKAGES = [...STARTED, ...FOR_SESSIONS]
/** `npm ci` removes it with the package. */
const STAMP = '.joined'

type Manifest = {
  readonly type?: string
  readonly exports?: Readonly<Record<string, { readonly import?: string; readonly default?: unknown }>>
  readonly main?: string
}

/** A package that this user may not change only slows the start. */
export async function ensureJoinedPackages(root: string, packages = PACKAGES): Promise<void> {
  for (const name of packages) {
    const folder = join(root, 'node_modules', name)
    if (existsSync(join(folder, STAMP)) || !isWritable(folder)) continue
    await joinModules(folder)
    writeFileSync(join(folder, STAMP), '')
  }
}

/** Replaces each exported module: types and importers stay. */
async function joinModules(folder: string): Promise<void> {
  const { rolldown } = await import('rolldown')
  const {
    type,
    exports = {},
    main = 'index.js',
  }: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  // A condition may contain conditions.
  const isModule = (path: unknown): path is string =>
    typeof path === 'string' && (path.endsWith('.mjs') || (path.endsWith('.js') && type === 'module'))
  const imported = Object.values(exports).flatMap(
    ({ import: module, default: other }) => module ?? (isModule(other) ? other : []),
  )
  // A pattern such as `./locales/*` names independent modules.
  const modules = (imported.length > 0 ? imported : [main]).filter((path) => !path.includes('*')).map(normalize)
  const input = Object.fromEntries(modules.map((module) => [withoutExtension(module), join(folder, module)]))
  const [first = ''] = modules
  const extension = extname(first)
  const bundle = await rolldown({ input, platform: 'node', external: /^[^./]/ })
  const { output } = await bundle.generate({
    format: imported.length > 0 ? 'esm' : 'cjs',
    entryFileNames: `[name]${extension}`,
    // A folder's package.json may say what `.js` means.
    chunkFileNames: join(dirname(first), `joined/[name]-[hash]${extension}`),
  })
  await bundle.close()
  // Parts before their importers, so that a program can start at any moment.
  for (const part of output.toSorted((one, other) => Number(isEntry(one)) - Number(isEntry(other))))
    if (part.type === 'chunk') replaceFile(join(folder, part.fileName), part.code)
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const withoutExtension = (module: string): string => module.slice(0, -extname(module).length)

const isEntry = (part: { readonly type: string; readonly isEntry?: boolean }): boolean => part.isEntry === true

function replaceFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
