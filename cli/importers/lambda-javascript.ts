import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { isObject } from '../../src/domain/json/is-object.ts'
import { Failure } from '../errors.ts'
import { chooseHandler, type LambdaCode, type LambdaOptions, MAX_MODULES, readsInvocation } from './lambda-code.ts'
import { LAMBDA_SCRIPT } from './lambda-script.ts'
import { listFiles, readInside } from './read-inside.ts'
import {
  importsOf,
  isCommonJs,
  isOwn,
  npmPackagesOf,
  readsVariables,
  scriptVariablesOf,
  toEsModule,
  type Versions,
  withoutVersion,
  withSpecifiers,
  withWholeModules,
} from './script-code.ts'

const SCRIPT = /\.([cm]?js|m?ts)$/
const READ = /\.([cm]?js|m?ts|json)$/
const SKIPPED = /^(\.|node_modules$|__tests__$|tests?$|coverage$|dist$)|\.(test|spec)\.\w+$|\.d\.ts$/
const ENDINGS = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.json', '/index.js', '/index.mjs', '/index.ts']
const USUAL = ['index.handler', 'app.handler', 'app.lambdaHandler', 'handler.handler', 'main.handler', 'lambda.handler']
const EXPORTED =
  /\bexports\.(\w+)\s*=|^[ \t]*export\s+(?:async\s+)?(?:const|let|var|function)\s+(\w+)|(?:\bmodule\.exports\s*=|^[ \t]*export)\s*\{([^}]*)\}/gm

export const isScriptLambda = (path: string): boolean =>
  statSync(path).isDirectory() ? !existsPython(path) && findScripts(path).length > 0 : SCRIPT.test(path)

export function readScriptLambda(path: string, { handler }: LambdaOptions): LambdaCode {
  const isFolder = statSync(path).isDirectory()
  const root = isFolder ? path : dirname(path)
  const all = new Map(
    [...findScripts(root), ...(isFolder ? [] : [basename(path)])].map((file) => [
      file,
      readFileSync(join(root, file), 'utf8'),
    ]),
  )
  const entry = findHandler(isFolder ? all : new Map([[basename(path), all.get(basename(path)) ?? '']]), handler)
  const kept = withImported(entry.file, all)
  const versions = versionsOf(root)
  const code = [...kept.values()].join('\n')
  const packages = [...new Set([...kept.values()].flatMap((text) => npmPackagesOf(text, versions)))]
    .filter((one) => !one.startsWith('npm:aws-lambda@'))
    .sort()
  const readsVersion1 = /\bhttpMethod\b|\bmultiValue\w+|\bevent\??\.path\b/.test(code)
  const isInvoked = readsInvocation(code)
  return {
    runtime: 'node24',
    files: new Map([
      ['workflow.ts', writeSource(entry, code, isInvoked ? 'invoked' : readsVersion1 ? 'version 1' : null)],
      ['aws-lambda.js', LAMBDA_SCRIPT],
      ...[...kept].map(([file, text]) => [newName(file), convert(file, text, kept, versions)] as const),
    ]),
    handler: `${entry.file.replace(SCRIPT, '')}.${entry.name}`,
    code,
    variables: scriptVariablesOf(code),
    readsVersion1,
    isInvoked,
    moduleCount: kept.size,
    packages,
    origin: 'by the modules that are imported, and package.json',
    notCarriedOver: missing(kept, versions),
  }
}

function missing(kept: ReadonlyMap<string, string>, versions: Versions): readonly string[] {
  const lost = [...kept].flatMap(([file, code]) =>
    importsOf(code)
      .filter((name) => isOwn(name) && findModule(kept, file, name) === null)
      .map((name) => `the module ${name} of ${file}: it is not below the folder`),
  )
  const isLoose = [...kept.values()].some(isCommonJs)
  return [
    ...lost,
    ...[...new Set([...kept.values()].flatMap((code) => withoutVersion(code, versions)))]
      .filter((name) => name !== 'aws-lambda')
      .map((name) => `the version of ${name}: package.json has none, so the newest is taken`),
    ...(isLoose ? ['what only CommonJS allows: `require` of computed names, `__dirname`, undeclared variables'] : []),
  ]
}

type Handler = { readonly file: string; readonly name: string; readonly isCommonJs: boolean }

function writeSource({ file, name, isCommonJs: isLoose }: Handler, code: string, event: string | null): string {
  const path = JSON.stringify(`./${newName(file)}`)
  const given = event === null ? '' : `, '${event}'`
  const head = "import { call } from './aws-lambda.js'\n"
  const body = (load: string) =>
    `\nexport default async function workflow(request, settings) {\n  return await call(${load}, request, settings${given})\n}\n`
  if (readsVariables(code)) {
    const member = isLoose ? `default.${name}` : name
    return `${head}${body(`async () => (await import(${path})).${member}`)}`
  }
  const named = isLoose ? 'module' : `{ ${name} }`
  return `${head}import ${named} from ${path}\n${body(`() => ${isLoose ? `module.${name}` : name}`)}`
}

const newName = (file: string): string => file.replace(/\.cjs$/, '.js')

function convert(file: string, text: string, kept: ReadonlyMap<string, string>, versions: Versions): string {
  if (file.endsWith('.json')) return text
  if (!isCommonJs(text)) {
    const module = withSpecifiers(text, versions)
    return file.endsWith('.ts') ? withWholeModules(module) : module
  }
  const find = (name: string) => {
    const found = findModule(kept, file, name)
    if (found === null) return null
    const path = posix.relative(posix.dirname(file), newName(found))
    return path.startsWith('.') ? path : `./${path}`
  }
  return toEsModule(text, find, versions)
}

function findHandler(modules: ReadonlyMap<string, string>, wanted: string | undefined): Handler {
  const defined = [...modules].flatMap(([file, code]) =>
    exportsOf(code).map((name) => ({ file, name, isCommonJs: isCommonJs(code) })),
  )
  const calledAs = ({ file, name }: Handler) => `${file.replace(SCRIPT, '')}.${name}`
  return chooseHandler(defined, wanted, calledAs, { usual: USUAL, what: 'export', where: 'JavaScript' })
}

const exportsOf = (code: string): readonly string[] => [
  ...new Set(
    [...code.matchAll(EXPORTED)].flatMap(([, loose, declared, listed = '']) =>
      (loose ?? declared) === undefined
        ? listed.split(',').flatMap((item) => /(\w+)\s*(?::|$)/.exec(item.replace(/^.*\bas\s+/, '').trim())?.[1] ?? [])
        : [loose ?? declared ?? ''],
    ),
  ),
]

function withImported(entry: string, all: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const kept = new Map([[entry, all.get(entry) ?? '']])
  for (const [file, code] of kept)
    for (const name of importsOf(code)) {
      const found = isOwn(name) ? findModule(all, file, name) : null
      if (found !== null) kept.set(found, all.get(found) ?? '')
    }
  if (kept.size > MAX_MODULES)
    throw new Failure(`The handler imports ${kept.size} modules: a workflow holds ${MAX_MODULES}.`)
  return kept
}

function findModule(modules: ReadonlyMap<string, string>, from: string, name: string): string | null {
  const path = posix.join(posix.dirname(from), name)
  const bare = path.replace(/\.m?js$/, '')
  return [...ENDINGS.map((ending) => path + ending), `${bare}.ts`].find((one) => modules.has(one)) ?? null
}

const findScripts = (root: string): readonly string[] => listFiles(root, READ, SKIPPED)

const existsPython = (folder: string): boolean => readdirSync(folder).some((name) => name.endsWith('.py'))

/** Reads the nearest package.json, as Node does. */
function versionsOf(root: string): Versions {
  const text = readInside(root, 'package.json')
  if (text === null) return dirname(root) === root ? {} : versionsOf(dirname(root))
  const parsed: unknown = JSON.parse(text)
  const { dependencies, devDependencies } = isObject(parsed) ? parsed : {}
  return { ...namedIn(devDependencies), ...namedIn(dependencies) }
}

const namedIn = (found: unknown): Versions =>
  Object.fromEntries(Object.entries(isObject(found) ? found : {}).map(([name, version]) => [name, String(version)]))
