import type { Command } from 'commander'
import { type Add, JSON_FLAG } from '../../add-command.ts'
import type { Context } from '../../context.ts'
import { Failure } from '../../errors.ts'
import { getWorkflow } from '../../folders/workflows.ts'
import { ago, layOut } from '../../terminal.ts'

type Json = { readonly json: boolean }
type One = Json & { readonly run?: string }

const LISTED = 200
const RUN = ['--run <run>', 'only this run of the group'] as const

export function addDeadLetterCommands(program: Command, add: Add): void {
  const letters = program
    .command('dead-letters')
    .description('list, read, replay and dismiss background runs whose last attempt failed')
  add(letters, 'list [name]', 'list groups of the same error, of one workflow or of all', listGroups, [JSON_FLAG])
  add(letters, 'show <group>', 'list the runs of a group, newest first', showGroup, [JSON_FLAG])
  add(letters, 'replay <group>', 'run the requests of a group again, on what is deployed now', replayGroup, [
    RUN,
    JSON_FLAG,
  ])
  add(letters, 'dismiss <group>', 'remove a group from the list, and keep its runs', dismissGroup, [RUN, JSON_FLAG])
}

async function listGroups(
  { connect, environment, terminal }: Context,
  name: string | undefined,
  { json }: Json,
): Promise<void> {
  const connection = connect()
  const workflow_id = name === undefined ? null : (await getWorkflow(connection, name, environment.cwd)).id
  const query = { workflow_id, limit: LISTED }
  const { data, next_cursor } = await connection.client.get('/api/dead-letters', { query })
  if (json) return terminal.json({ data })
  if (data.length === 0) return terminal.print('No dead letters.')
  const now = Date.now()
  const rows = data.map(({ id, count, last_at, workflow_name, code, message }) => [
    id,
    runsOf(count),
    ago(last_at, now),
    workflow_name,
    message ?? code ?? 'failed',
  ])
  for (const line of layOut(rows, terminal.width)) terminal.print(line)
  if (next_cursor !== null) terminal.note(`Only the newest ${LISTED} groups are shown.`)
}

async function showGroup({ connect, terminal }: Context, id: string, { json }: Json): Promise<void> {
  const query = { limit: LISTED }
  const { data, next_cursor } = await connect().client.get('/api/dead-letters/{id}/runs', { path: { id }, query })
  if (data.length === 0) throw new Failure(`The group ${id} has no runs (any more).`)
  if (json) return terminal.json({ data })
  const now = Date.now()
  const rows = data.map((run) => [
    run.id,
    run.status,
    ago(run.finished_at ?? run.created_at, now),
    run.attempt === 1 ? '1 attempt' : `${run.attempt} attempts`,
    [run.label, run.message ?? run.code].filter((text) => text !== null).join(': '),
  ])
  for (const line of layOut(rows, terminal.width)) terminal.print(line)
  if (next_cursor !== null) terminal.note(`Only the newest ${LISTED} runs are shown.`)
}

async function replayGroup({ connect, terminal }: Context, id: string, { run, json }: One): Promise<void> {
  const body = run === undefined ? {} : { run_id: run }
  const done = await connect().client.post('/api/dead-letters/{id}/replay', { path: { id }, body })
  if (json) return terminal.json(done)
  const { replayed, remaining } = done
  terminal.print(`${runsOf(replayed)} replayed${remaining === 0 ? '' : `, ${remaining} remaining`}.`)
}

async function dismissGroup({ connect, terminal }: Context, id: string, { run, json }: One): Promise<void> {
  const body = run === undefined ? {} : { run_id: run }
  const done = await connect().client.post('/api/dead-letters/{id}/dismiss', { path: { id }, body })
  if (json) return terminal.json(done)
  terminal.print(`${done.dismissed} ${done.dismissed === 1 ? 'dead letter' : 'dead letters'} dismissed.`)
}

const runsOf = (count: number): string => `${count} ${count === 1 ? 'run' : 'runs'}`
