import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { sourceNameOf } from '../../src/domain/folders/layout.ts'
import { writeWorkflowYaml } from '../../src/domain/folders/workflow-yaml.ts'
import { isObject } from '../../src/domain/json/is-object.ts'
import type { Kind } from '../../src/domain/shared/kind.ts'
import { newWorkflow } from '../../src/domain/workflows/fields.ts'
import { reasonOf } from '../../src/errors.ts'
import { Failure } from '../errors.ts'
import { writeScriptSource } from './pipedream-script.ts'
import { writePythonSource } from './pipedream-steps.ts'
import { readInside } from './read-inside.ts'
import { emptySecrets, type Imported } from './report.ts'
import type { Step } from './step.ts'

/** Throws a Failure for an invalid export. */
export function importPipedream(path: string, wantedName: string | undefined): Imported {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'workflow.yaml') : path
  if (!existsSync(file)) throw new Failure(`There is no workflow.yaml at ${path}.`)
  const exported = readExport(file)
  const steps = listOf(exported['steps']).map((step) => readStep(dirname(file), step))
  const active = steps.filter((step): step is Step => step !== null)
  const name = wantedName ?? textOf(exported['name'] ?? 'imported')
  const trigger = triggerOf(listOf(exported['triggers']))
  const languages = new Set(
    active.flatMap(({ code, language }) => (code === null || language === null ? [] : [language])),
  )
  const language = languages.has('python') ? 'python' : 'javascript'
  const source =
    language === 'python' ? writePythonSource(active, trigger.kind) : writeScriptSource(active, trigger.kind)
  const runtime = language === 'python' ? 'python3' : 'node24'
  const { lambda_timeout: timeout } = isObject(exported['settings']) ? exported['settings'] : {}
  const workflow = newWorkflow({
    id: '',
    name,
    kind: trigger.kind,
    hookKey: null,
    createdAt: 0,
    runtime,
    ...(Number.isInteger(timeout) ? { timeoutSeconds: Number(timeout) } : {}),
  })
  return {
    name,
    files: new Map([
      ['workflow.yaml', writeWorkflowYaml(workflow)],
      ...source.files,
      ['settings.env', emptySecrets(source.settings)],
      ...(trigger.kind === 'catch' ? [['samples/sample.json', '{\n  "body": {}\n}\n'] as const] : []),
    ]),
    carriedOver: [trigger.carriedOver, ...source.carriedOver].filter((line) => line !== ''),
    notCarriedOver: [
      ...trigger.notCarriedOver,
      ...source.notCarriedOver,
      ...(languages.size > 1
        ? [`steps in another language than that of ${sourceNameOf(runtime)}: a workflow has one`]
        : []),
      ...steps.flatMap((step, index) => (step === null ? [`step ${index + 1} was disabled, and is left out`] : [])),
      ...[...new Set(source.settings)].map((key) => `the value of ${key}: set it with \`workflows settings set\``),
    ],
  }
}

function readExport(file: string): Readonly<Record<string, unknown>> {
  try {
    const exported: unknown = parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 })
    if (isObject(exported) && String(exported['schema'] ?? '').startsWith('workflow/')) return exported
  } catch (error) {
    throw new Failure(`${file} is no YAML: ${reasonOf(error)}`)
  }
  throw new Failure(`${file} is no export of Pipedream: expected "schema: workflow/…", as its GitHub sync writes it.`)
}

function readStep(folder: string, step: unknown): Step | null {
  if (!isObject(step) || step['disabled'] === true) return null
  const uses = textOf(step['uses'] ?? '')
  const name = textOf(step['namespace'] ?? 'step')
  const props = isObject(step['props']) ? step['props'] : {}
  if (!uses.startsWith('./')) return { name, uses, props, code: null, language: null }
  const code = readInside(folder, uses)
  if (code === null)
    throw new Failure(`The code of the step ${name} (${uses}) is not beside workflow.yaml, or has more than 1 MiB.`)
  const language = /\.py$/.test(uses) ? 'python' : /\.(js|mjs|ts)$/.test(uses) ? 'javascript' : null
  return { name, uses, props, code, language }
}

type Trigger = { readonly kind: Kind; readonly carriedOver: string; readonly notCarriedOver: readonly string[] }

/** Trigger ids begin with their kind: `hi_…` is HTTP, `ti_…` a timer, `dc_…` an event source. */
function triggerOf(triggers: readonly unknown[]): Trigger {
  const ids = triggers.map((trigger) => (isObject(trigger) ? textOf(trigger['id'] ?? '') : ''))
  const others = ids.filter((id) => !id.startsWith('hi_') && !id.startsWith('ti_'))
  const notCarriedOver = others.map((id) => `the event source ${id}: let it call the hook, or fetch with a schedule`)
  if (ids.some((id) => id.startsWith('ti_')) && !ids.some((id) => id.startsWith('hi_'))) {
    const time = 'when the schedule ticks: the export does not hold it. Set `schedule` in workflow.yaml'
    return { kind: 'pull', carriedOver: 'the timer, as a Pull workflow', notCarriedOver: [time, ...notCarriedOver] }
  }
  const timers = ids
    .filter((id) => id.startsWith('ti_'))
    .map((id) => `the timer ${id}: a workflow has a hook or a schedule`)
  const url = 'its URL: give the new one to those who call it; a hook takes POST only'
  return {
    kind: 'catch',
    carriedOver: ids.some((id) => id.startsWith('hi_')) ? 'the HTTP trigger, as a hook' : '',
    notCarriedOver: [url, ...timers, ...notCarriedOver],
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value : String(value)).slice(0, 200)
