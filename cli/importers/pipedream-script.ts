import { builtinModules } from 'node:module'
import type { Kind } from '../../src/domain/shared/kind.ts'
import { pipedreamScript } from './pipedream-javascript.ts'
import { PAUSES, type Source, type Step, whatWas } from './step.ts'

const IMPORT = /^[ \t]*import\s+(?:[\w*{}\s,$]+\s+from\s+)?['"]([^'"]+)['"];?[ \t]*$/gm
const PLATFORM = '@pipedream/platform'
const COMPONENT = /export\s+default\s+defineComponent\s*\(/
const ACCOUNT_VALUE = /this\.(\w+)\.\$auth\.(\w+)/g
const VARIABLE = /process\.env\.(\w+)|process\.env\[['"](\w+)['"]\]/g
const WAIT = /\$\.flow\.(delay|suspend)\b/
const UNSUPPORTED: readonly (readonly [RegExp, string])[] = [
  [/\$\.flow\.rerun\b/, '`$.flow.rerun`: write a loop of `step` and `sleep`'],
  [/type:\s*['"]data_store['"]/, 'the content of data stores: their values are settings now'],
  [/\$\.send\./, '`$.send`: destinations of Pipedream'],
  [/\brequire\(/, '`require(…)`: write `import` with an `npm:` specifier'],
]

export function writeScriptSource(steps: readonly Step[], kind: Kind): Source {
  const carried = steps.filter(isCarried)
  const code = carried.map((step) => step.code ?? '').join('\n')
  const lines = [...code.matchAll(IMPORT)].filter(([, specifier]) => specifier !== PLATFORM)
  const imports = [...new Set(lines.map(([line]) => withSpecifier(line.trim())))].sort()
  const waits = WAIT.test(code)
  const packages = imports.flatMap((line) => /['"](npm:[^'"]+)['"]/.exec(line)?.[1] ?? [])
  return {
    files: new Map([['workflow.ts', writeWorkflow(steps, imports, kind, waits)]]),
    settings: [
      ...variables(code),
      ...[...code.matchAll(ACCOUNT_VALUE)].map(([, app, key]) => `${app}_${key}`.toUpperCase()),
    ],
    carriedOver: [
      ...carried.map(({ name, uses }) => `step ${name} (${uses})`),
      ...(packages.length === 0 ? [] : [`packages ${packages.join(', ')}`]),
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

function writeWorkflow(steps: readonly Step[], imports: readonly string[], kind: Kind, waits: boolean): string {
  const calls = steps.map((step) => {
    const name = JSON.stringify(step.name)
    if (!isCarried(step)) return `  [${name}, missing(${name}, ${JSON.stringify(whatWas(step))}), {}],`
    return `  [${name}, ${componentOf(step.code ?? '')}, ${JSON.stringify(inputsOf(step))}],`
  })
  const [parameters, call] =
    kind === 'catch'
      ? ['request, settings', 'run(request, settings, true)']
      : ['settings', 'run(null, settings, false)']
  return [
    [...(waits ? ["import * as workflows from 'workflows'"] : []), ...imports].join('\n'),
    pipedreamScript(waits),
    `const STEPS = [\n${calls.join('\n')}\n]`,
    `export default async function workflow(${parameters}) {\n  return await ${call}\n}\n`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** Names of steps must not collide. */
function componentOf(code: string): string {
  const body = code.replace(IMPORT, '').replace(COMPONENT, 'return defineComponent(')
  return `(() => {\n${body.trim()}\n})()`
}

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

const variables = (code: string): readonly string[] =>
  [...code.matchAll(VARIABLE)].flatMap(([, dotted, quoted]) => dotted ?? quoted ?? [])
