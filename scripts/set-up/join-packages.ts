/**
 * Joins the modules of packages that have many. Node takes 0.4 ms to find, read and link each: `typebox` and `kysely`
 * took 0.5 s of the 2.0 s in which the server started, and the CommonJS packages 0.1 s.
 */

import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, normalize } from 'node:path'

const STARTED = ['typebox', 'kysely', 'yaml', 'semver', 'prom-client', '@opentelemetry/api', 'fastify']
/** The first session imports them, and a thread before it (src/imports). */
const FOR_SESSIONS = [
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

type Manifest = { readonly exports?: Readonly<Record<string, { readonly import?: string }>>; readonly main?: string }

/** A package that this user may not change stays as it is, and only the start is slower. */
export async function ensureJoinedPackages(root: string, packages = PACKAGES): Promise<void> {
  for (const name of packages) {
    const folder = join(root, 'node_modules', name)
    if (existsSync(join(folder, STAMP)) || !isWritable(folder)) continue
    await joinModules(folder)
    writeFileSync(join(folder, STAMP), '')
  }
}

/** Replaces each module that the package exports, so that its types and its importers stay as they are. */
async function joinModules(folder: string): Promise<void> {
  const { rolldown } = await import('rolldown')
  const { exports = {}, main = 'index.js' }: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const imported = Object.values(exports).flatMap(({ import: module }) => module ?? [])
  // A pattern such as `./locales/*` names modules that need no other part of the package.
  const modules = (imported.length > 0 ? imported : [main]).filter((path) => !path.includes('*')).map(normalize)
  const input = Object.fromEntries(modules.map((module) => [withoutExtension(module), join(folder, module)]))
  const [first = ''] = modules
  const extension = extname(first)
  const bundle = await rolldown({ input, platform: 'node', external: /^[^./]/ })
  const { output } = await bundle.generate({
    format: imported.length > 0 ? 'esm' : 'cjs',
    entryFileNames: `[name]${extension}`,
    // The folder of a module may have a package.json that says what `.js` means.
    chunkFileNames: join(dirname(first), `joined/[name]-[hash]${extension}`),
  })
  await bundle.close()
  // A module is written after the parts that it imports, so a program can start at any moment.
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
