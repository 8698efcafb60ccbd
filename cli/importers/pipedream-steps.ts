import type { Kind } from '../../src/domain/shared/kind.ts'
import { pipedreamModule } from './pipedream-python.ts'
import { packagesOf, readsAtImport, scriptBlock, variablesOf } from './python-code.ts'
import { PAUSES, type Source, type Step, whatWas } from './step.ts'

const ACCOUNT_VALUE = /pd\.inputs\[\s*['"](\w+)['"]\s*\]\[\s*['"]\$auth['"]\s*\]\[\s*['"](\w+)['"]\s*\]/g
const WAIT = /pd\.flow\.(delay|rerun|suspend)\b/
/** Without an equivalent. */
const UNSUPPORTED: readonly (readonly [RegExp, string])[] = [
  [/pd\.inputs\[['"]data_store['"]\]|data_store/, 'data stores: use settings, or a database'],
  [/['"]\/tmp\//, 'files in /tmp for later steps work within one run only'],
]

export function writePythonSource(steps: readonly Step[], kind: Kind): Source {
  const named = steps.map((step, index) => ({ ...step, module: moduleOf(step.name, index) }))
  const carried = named.filter((step) => step.code !== null && step.language === 'python')
  const code = carried.map((step) => step.code ?? '').join('\n')
  const waits = WAIT.test(code)
  const { known: requirements, unknown } = packagesOf(code, new Set(['pipedream']))
  return {
    files: new Map([
      ['workflow.py', writeWorkflow(named, requirements, kind)],
      ['pipedream.py', pipedreamModule(waits)],
      ...(carried.length === 0 ? [] : [['steps/__init__.py', ''] as const]),
      ...carried.map((step) => [`steps/${step.module}.py`, step.code ?? ''] as const),
    ]),
    settings: [...variablesOf(code), ...accountSettings(code)],
    carriedOver: [
      ...carried.map(({ name, uses }) => `step ${name} (${uses})`),
      ...(requirements.length === 0 ? [] : [`packages ${requirements.join(', ')} (by the modules that are imported)`]),
      ...(waits ? [PAUSES] : []),
    ],
    notCarriedOver: [
      ...named.filter((step) => !carried.includes(step)).map((step) => `step ${step.name}: ${whatWas(step)}`),
      ...UNSUPPORTED.filter(([pattern]) => pattern.test(code)).map(([, what]) => what),
      ...scriptedInputs(carried),
      ...unknown.map((module) => `the package of the module ${module}: add it to the block \`# /// script\``),
    ],
  }
}

type Named = Step & { readonly module: string }

function writeWorkflow(steps: readonly Named[], requirements: readonly string[], kind: Kind): string {
  const carried = steps.filter((step) => step.code !== null && step.language === 'python')
  const calls = steps.map((step) => {
    const name = JSON.stringify(step.name)
    if (!carried.includes(step)) return `    (${name}, missing(${name}, ${pythonOf(whatWas(step))}), {}),`
    const call = readsAtImport(step.code ?? '') ? `late("${step.module}")` : `${step.module}.handler`
    return `    (${name}, ${call}, ${inputsOf(step)}),`
  })
  const early = carried.filter((step) => !readsAtImport(step.code ?? ''))
  const signature = kind === 'catch' ? '_request, settings' : 'settings'
  const call = kind === 'catch' ? 'run(_request, settings, STEPS)' : 'run(None, settings, STEPS, answers=False)'
  return [
    scriptBlock(requirements),
    'from pipedream import account, late, missing, run\n',
    early.length === 0 ? '' : `from steps import ${early.map(({ module }) => module).join(', ')}\n`,
    `\nSTEPS = [\n${calls.join('\n')}\n]\n`,
    `\n\ndef workflow(${signature}):\n    return ${call}\n`,
  ].join('')
}

/** Steps read connected accounts from the settings. */
function inputsOf({ props }: Step): string {
  const entries = Object.entries(props).filter(([name]) => !name.startsWith('__'))
  const written = entries.map(([name, value]) => {
    const isAccount = typeof value === 'object' && value !== null && 'authProvisionId' in value
    return `${JSON.stringify(name)}: ${isAccount ? `account(${JSON.stringify(name)})` : pythonOf(value)}`
  })
  return `{${written.join(', ')}}`
}

function scriptedInputs(steps: readonly Step[]): readonly string[] {
  return steps.flatMap(({ name, props }) =>
    [...JSON.stringify(props).matchAll(/\{\{\s*([^{}]+?)\s*\}\}/g)]
      .map(([, expression = '']) => expression)
      .filter((expression) => !/^(steps|process\.env)([.][\w$]+|\[(\d+|'[^']*'|\\?"[^"]*")\])+$/.test(expression))
      .map((expression) => `the expression {{${expression}}} of the step ${name}: it is JavaScript`),
  )
}

const accountSettings = (code: string): readonly string[] =>
  [...code.matchAll(ACCOUNT_VALUE)].map(([, app = '', key = '']) => `${app}_${key}`.toUpperCase())

const moduleOf = (name: string, index: number): string =>
  `s${index + 1}_${name.replace(/\W/g, '_').toLowerCase()}`.slice(0, 60)

function pythonOf(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(', ')}]`
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, member]) => `${JSON.stringify(name)}: ${pythonOf(member)}`)
      .join(', ')}}`
  }
  return JSON.stringify(value)
}
