/**
 * Every program that HrFlow's connector package generates, deployed through the API with a block of packages in front and run
 * once: how many deploy, and how many end with the connector's own result. The package generates them inside of a sandbox of
 * the product. Needs a Python 3.9 or 3.10 and a package index. `BENCH_CONNECTORS` limits the number, spread evenly.
 */

import { startServer } from '../test/helpers/server.ts'
import {
  callHook,
  createCatch,
  createPull,
  must,
  type RunBody,
  runOf,
  type WorkflowBody,
} from '../test/helpers/workflows.ts'
import { together } from './figures.ts'
import { report } from './report.ts'

type Program = { readonly name: string; readonly kind: 'catch' | 'pull'; readonly source: string }

const BLOCK = `# /// script
# requires-python = ">=3.9,<3.11"
# dependencies = ["hrflow-connectors==4.28.0"]
# ///
`
/** Returns all programs: those of the second generation have one for each kind of trigger. */
const GENERATOR = `${BLOCK}
import json

import hrflow_connectors
from hrflow_connectors import v2

KINDS = {"hook": "catch", "schedule": "pull"}


def workflow(_request, settings):
    programs = []
    for connector in hrflow_connectors.__CONNECTORS__:
        for action in connector.model.actions:
            source = action.workflow_code(import_name=connector_name(connector), workflow_type=action.trigger_type)
            programs.append(("v1 %s %s" % (connector.model.name, action.name.value), KINDS[action.trigger_type.value], source))
    for connector in v2.__CONNECTORS__:
        for flow in connector.flows:
            for kind in ("catch", "pull"):
                source = v2.core.connector.workflow(connector=connector, flow=flow, integration=kind)
                programs.append(("v2 %s %s" % (connector.name, flow.name(connector.subtype)), kind, source))
    keys = ("name", "kind", "source")
    return {"status_code": 200, "headers": {"Content-Type": "application/json"},
            "body": json.dumps([dict(zip(keys, program)) for program in programs])}


def connector_name(connector):
    return next(name for name in dir(hrflow_connectors) if getattr(hrflow_connectors, name) is connector)
`

const LIMIT = Number(process.env.BENCH_CONNECTORS ?? Number.POSITIVE_INFINITY)
/** How many are deployed at a time. */
const AT_ONCE = 2
const server = await startServer()
try {
  const generator = await createCatch(server, { source: GENERATOR, timeout_seconds: 120 })
  const answer = await callHook(generator, {})
  if (answer.status !== 200) throw new Error(`the programs could not be generated: ${answer.status} ${answer.text}`)
  const all: readonly Program[] = JSON.parse(answer.text)
  const step = Math.max(1, all.length / LIMIT)
  const programs = all.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
  const broken: string[] = []
  let deployed = 0
  const began = performance.now()
  await together(AT_ONCE, programs, async (program) => {
    const problem = await tryProgram(program)
    if (problem === null || problem.startsWith('run: ')) deployed += 1
    if (problem !== null) broken.push(`${program.name} ${program.kind}: ${problem}`)
  })
  for (const line of broken) console.log(line)
  const rows = [
    {
      generated: all.length,
      tried: programs.length,
      deployed,
      'own result': programs.length - broken.length,
      seconds: Math.round((performance.now() - began) / 1000),
    },
  ]
  console.table(rows)
  // The table of the page holds all of them.
  if (programs.length === all.length) await report('connectors', rows)
} finally {
  await server.close()
}

/** Returns why it does not deploy, or after `run: ` why it has no result of its own; null if it has. */
async function tryProgram(program: Program): Promise<string | null> {
  let isDeployed = false
  try {
    const workflow = await deploy(program)
    isDeployed = true
    const { status, code, message, result } = await runOnce(workflow, program)
    if (status !== 'succeeded') return `run: ${code} ${message}`
    return /RunResult|status/.test(String(result)) ? null : `run: its result is ${String(result).slice(0, 100)}`
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    return isDeployed ? `run: ${words}` : words
  }
}

async function deploy({ kind, source }: Program): Promise<WorkflowBody> {
  const create = kind === 'catch' ? createCatch : createPull
  return await create(server, { source: `${BLOCK}${source}`, timeout_seconds: 60 })
}

async function runOnce(workflow: WorkflowBody, { kind }: Program): Promise<RunBody> {
  if (kind === 'catch') return await runOf(server, await callHook(workflow, {}))
  return await must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
}
