import { builtinModules } from 'node:module'
import type { Kind } from '../../src/domain/shared/kind.ts'
import { pipedreamScript } from './pipedream-javascript.ts'
import { scriptVariablesOf } from './script-code.ts'
import { PAUSES, type Source, type Step, whatWas } from './step.ts'

const IMPORT = /^[ \t]*import\s+(?:([\w*{}\s,$]+)\s+from\s+)?['"]([^'"]+)['"];?[ \t]*$/gm
const PLATFORM = '@pipedream/platform'
const RUNNER = '../pipedream.ts'
const COMPONENT = /export\s+default\s+defineComponent\s*\(/
const ACCOUNT_VALUE = /this\.(\w+)\.\$auth\.(\w+)/g
const WAIT = /\$\.flow\.(delay|rerun|suspend)\b/
const UNSUPPORTED: readonly (readonly [RegExp, string])[] = [
  [/type:\s*['"]data_store['"]/, 'the content of data stores: their values are settings now'],
  [/\$\.send\./, '`$.send`: destinations of Pipedream'],
  [/\brequire\(/, '`require(…)`: write `import` with an `npm:` specifier'],
]

export function writeScriptSource(steps: readonly Step[], kind: Kind): Source {
  const named = steps.map((step, index) => ({ ...step, module: moduleOf(step, index) }))
  const carried = named.filter(isCarried)
  const code = carried.map((step) => step.code ?? '').join('\n')
  const waits = WAIT.test(code)
  const modules = carried.map(({ module, code }) => [`steps/${module}`, writeStep(code ?? '')] as const)
  const packages = new Set(modules.flatMap(([, text]) => packagesOf(text)))
  return {
    files: new Map([['workflow.ts', writeWorkflow(named, kind)], ['pipedream.ts', pipedreamScript(waits)], ...modules]),
    settings: [
      ...scriptVariablesOf(code),
      ...[...code.matchAll(ACCOUNT_VALUE)].map(([, app, key]) => `${app}_${key}`.toUpperCase()),
    ],
    carriedOver: [
      ...carried.map(({ name, uses }) => `step ${name} (${uses})`),
      ...(packages.size === 0 ? [] : [`packages ${[...packages].sort().join(', ')}`]),
      ...(waits ? [PAUSES] : []),
    ],
    notCarriedOver: [
      ...steps.filter((step) => !isCarried(step)).map((step) => `step ${step.name}: ${whatWas(step)}`),
      ...UNSUPPORTED.filter(([pattern]) => pattern.test(code)).map(([, what]) => what),
    ],
  }
}

const isCarried = ({ code, language }: Step): boolean =>
  code !== null && language === 'javascript' && COMPONENT.test(code)

type Named = Step & { readonly module: string }

function writeWorkflow(steps: readonly Named[], kind: Kind): string {
  const carried = steps.filter(isCarried)
  const imports = carried.map(({ module }) => `import ${variableOf(module)} from './steps/${module}'`)
  const calls = steps.map((step) => {
    const name = JSON.stringify(step.name)
    if (!isCarried(step)) return `  [${name}, missing(${name}, ${JSON.stringify(whatWas(step))}), {}],`
    return `  [${name}, ${variableOf(step.module)}, ${JSON.stringify(inputsOf(step))}],`
  })
  const [parameters, call] =
    kind === 'catch'
      ? ['request, settings', 'run(request, settings, STEPS, true)']
      : ['settings', 'run(null, settings, STEPS, false)']
  return [
    ["import { missing, run } from './pipedream.ts'", ...imports].join('\n'),
    `const STEPS = [\n${calls.join('\n')}\n]`,
    `export default async function workflow(${parameters}) {\n  return await ${call}\n}\n`,
  ].join('\n\n')
}

/** Each step is a module, so that its imports do not collide with other names. */
function writeStep(code: string): string {
  const body = code.replace(IMPORT, (line, clause: string | undefined, specifier: string) =>
    specifier === PLATFORM ? importOfRunner(clause?.trim() ?? '') : withSpecifier(line),
  )
  return `import { defineComponent } from '${RUNNER}'\n${body.trimEnd()}\n`
}

/** A name that the runner lacks is undefined. */
function importOfRunner(clause: string): string {
  const names = /^\{([^}]*)\}$/.exec(clause)?.[1]?.split(',') ?? []
  const wanted = names.map((name) => name.trim()).filter((name) => name !== '' && name !== 'defineComponent')
  if (wanted.length === 0) return ''
  const bindings = wanted.map((name) => name.replace(/\sas\s/, ': ')).join(', ')
  return `import * as platform from '${RUNNER}'\nconst { ${bindings} } = platform`
}

const packagesOf = (code: string): readonly string[] =>
  [...code.matchAll(IMPORT)].map(([, , specifier = '']) => specifier).filter((name) => name.startsWith('npm:'))

/** Keeps JavaScript or TypeScript syntax. */
const moduleOf = ({ name, uses }: Step, index: number): string =>
  `s${index + 1}_${name.replace(/\W/g, '_').toLowerCase()}`.slice(0, 60) + (uses.endsWith('.ts') ? '.ts' : '.mjs')

const variableOf = (module: string): string => module.replace(/\.\w+$/, '')

function inputsOf({ props }: Step): Readonly<Record<string, unknown>> {
  const given = Object.entries(props).filter(([name]) => !name.startsWith('__'))
  return Object.fromEntries(
    given.map(([name, value]) => {
      const isObject = typeof value === 'object' && value !== null
      if (isObject && 'authProvisionId' in value) return [name, { $account: name }]
      return [name, isObject && 'storeId' in value ? { $store: name } : value]
    }),
  )
}

function withSpecifier(line: string): string {
  return line.replace(/(['"])([^'"]+)\1/, (whole, quote: string, specifier: string) => {
    if (/^(node:|\.|\/|npm:)/.test(specifier) || BUILT_IN.has(specifier)) return whole
    const name = /^(@[^/]+\/)?[^/@]+/.exec(specifier)?.[0] ?? specifier
    const rest = specifier.slice(name.length)
    return `${quote}npm:${name}${rest.startsWith('@') ? rest : `@*${rest}`}${quote}`
  })
}

const BUILT_IN: ReadonlySet<string> = new Set(builtinModules)
