import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENV_NAME, SAMPLE_NAME, sourceNameOf, YAML_NAME } from '../../src/domain/folders/layout.ts'
import { writeSettingsEnv } from '../../src/domain/folders/settings-env.ts'
import { writeWorkflowYaml } from '../../src/domain/folders/workflow-yaml.ts'
import type { Kind } from '../../src/domain/shared/kind.ts'
import { newWorkflow } from '../../src/domain/workflows/fields.ts'
import type { Context } from '../context.ts'
import { Failure, WrongUse } from '../errors.ts'
import { writeFolder } from '../folders/local.ts'
import { findRoot } from '../root.ts'

export type InitOptions = {
  readonly kind?: Kind
  readonly runtime?: string
  readonly template?: string
  readonly json: boolean
}

type Template = {
  readonly title: string
  readonly kind: Kind
  readonly description: string
  readonly properties: readonly { readonly name: string; readonly value: string; readonly secret: boolean }[]
  readonly schedule?: { readonly every_seconds: number }
  readonly sample_request?: { readonly headers: Readonly<Record<string, string>>; readonly body: string }
}

const CATCH = `def workflow(_request, settings):
    name = str(_request.get("name", "world"))
    print("called by", name)
    return {"status_code": 200, "body": "Hello, " + name}
`
const PULL = `def workflow(settings):
    print("run", settings.increment("count"))
`
const CATCH_TS = `export default async function workflow(request, settings) {
  const name = String(request.name ?? 'world')
  console.log('called by', name)
  return { status_code: 200, body: 'Hello, ' + name }
}
`
const PULL_TS = `export default async function workflow(settings) {
  console.log('run', settings.increment('count'))
}
`
const HOURLY = { every_seconds: 3600 }

export function init(
  { environment, terminal }: Context,
  name: string,
  { kind: wanted, runtime = 'python3', template: from, json }: InitOptions,
): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/.test(name)) {
    throw new WrongUse(`Expected a name of letters, digits, ".", "_" and "-" that a folder can have, found "${name}".`)
  }
  const template = from === undefined ? null : readTemplate(from, sourceNameOf(runtime))
  const kind = wanted ?? template?.meta.kind
  if (kind === undefined)
    throw new WrongUse('Expected --kind catch (a hook starts it) or --kind pull (a schedule starts it).')
  if (template !== null && template.meta.kind !== kind)
    throw new WrongUse(`The template ${from} is of the kind ${template.meta.kind}.`)
  const folder = join(environment.cwd, name)
  if (existsSync(folder)) throw new Failure(`${folder} is there already: choose another name.`)
  writeFolder(folder, filesOf(name, kind, runtime, template), [])
  if (json) terminal.json({ folder: name, kind, runtime })
  else terminal.print(`${name}/ is made. Next: workflows dev ${name}`)
}

function filesOf(name: string, kind: Kind, runtime: string, template: Found | null): ReadonlyMap<string, string> {
  const meta = template?.meta
  const workflow = newWorkflow({
    id: '',
    name,
    kind,
    hookKey: null,
    createdAt: 0,
    runtime,
    description: meta?.description ?? '',
    schedule: kind === 'pull' ? { overlap: 'skip', missed: 'last', ...(meta?.schedule ?? HOURLY) } : null,
  })
  const settings = (meta?.properties ?? []).map(({ name: key, value, secret }) => ({
    key,
    value: JSON.stringify(value),
    secret,
  }))
  const isScript = sourceNameOf(runtime) === 'workflow.ts'
  const plain = kind === 'catch' ? (isScript ? CATCH_TS : CATCH) : isScript ? PULL_TS : PULL
  return new Map([
    [YAML_NAME, writeWorkflowYaml(workflow)],
    [sourceNameOf(runtime), template?.source ?? plain],
    [ENV_NAME, writeSettingsEnv(settings)],
    ...(kind === 'pull'
      ? []
      : [[SAMPLE_NAME, `${JSON.stringify(meta?.sample_request ?? { body: { name: 'Ada' } }, null, 2)}\n`] as const]),
  ])
}

type Found = { readonly meta: Template; readonly source: string }

function readTemplate(name: string, sourceName: string): Found {
  const home = join(findRoot(), 'examples')
  const names = readdirSync(home).sort()
  const found = names.find((one) => one === name || one.replace(/^(catch|pull)-/, '') === name)
  if (found === undefined) throw new WrongUse(`There is no template "${name}": expected one of ${names.join(', ')}.`)
  const source = join(home, found, sourceName)
  if (!existsSync(source)) throw new WrongUse(`The template ${found} is written in Python only: leave out --runtime.`)
  return {
    meta: JSON.parse(readFileSync(join(home, found, 'example.json'), 'utf8')),
    source: readFileSync(source, 'utf8'),
  }
}
