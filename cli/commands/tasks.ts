import { type Command, Option } from 'commander'
import { prettyJson, type Schemas } from '../../client/index.ts'
import { TASK_STATUSES } from '../../src/domain/tasks/task.ts'
import type { Context } from '../context.ts'
import { WrongUse } from '../errors.ts'
import { cut } from '../show-run.ts'
import { ago, layOut } from '../terminal.ts'

const JSON_FLAG = ['--json', 'print JSON', false] as const

type Json = { readonly json: boolean }
type Task = Schemas['Task']

export function addTaskCommands(program: Command, context: Context): void {
  const tasks = program.command('tasks').description('list, read and answer what waiting runs ask people')
  tasks
    .command('list')
    .description('list tasks, newest first')
    .addOption(new Option('--status <status>', 'only those').choices([...TASK_STATUSES]).default('open'))
    .option('--mine', 'only those that ask the person who made the key', false)
    .option(...JSON_FLAG)
    .action((options) => listTasks(context, options))
  tasks
    .command('show <task>')
    .description('print the question, its data and its choices')
    .option(...JSON_FLAG)
    .action((id, options) => showTask(context, id, options))
  tasks
    .command('answer <task> <choice>')
    .description('answer for the person who made the key')
    .option('--reason <text>', 'why')
    .option('--fields <json>', 'values of the fields, such as {"salary": 50000}')
    .option(...JSON_FLAG)
    .action((id, choice, options) => answerTask(context, id, choice, options))
}

async function listTasks(
  { connect, terminal }: Context,
  { status, mine, json }: Json & { readonly status: Task['status']; readonly mine: boolean },
): Promise<void> {
  const { client } = connect()
  const { data } = await client.get('/api/tasks', { query: { status, mine: mine || null } })
  if (json) return terminal.json({ data })
  if (data.length === 0) return terminal.print('No tasks.')
  const now = Date.now()
  const rows = data.map((task) => [
    task.id,
    task.status,
    task.choices.join('|'),
    ago(task.created_at, now),
    task.workflow_name,
    task.title,
  ])
  for (const line of layOut(rows, terminal.width)) terminal.print(line)
}

async function showTask({ connect, terminal }: Context, id: string, { json }: Json): Promise<void> {
  const { client } = connect()
  const task = await client.get('/api/tasks/{id}', { path: { id } })
  if (json) return terminal.json(task)
  terminal.print(task.title)
  if (task.text !== null) terminal.print(cut(task.text))
  if (task.data !== null) terminal.print(cut(prettyJson(task.data)))
  terminal.print(terminal.paint.dim(`${task.workflow_name}, until ${task.due_at}`))
  terminal.print(`Choices: ${task.choices.join(', ')}`)
  if (task.fields !== null) terminal.print(`Fields: ${JSON.stringify(task.fields)}`)
  if (task.why_not !== null) terminal.note(task.why_not)
}

async function answerTask(
  { connect, terminal }: Context,
  id: string,
  choice: string,
  { reason, fields, json }: Json & { readonly reason?: string; readonly fields?: string },
): Promise<void> {
  const { client } = connect()
  const body = { choice, ...(reason === undefined ? {} : { reason }), ...(fields && { fields: readFields(fields) }) }
  const task = await client.post('/api/tasks/{id}/answer', { path: { id }, body })
  if (json) return terminal.json(task)
  terminal.print(`${task.title}: ${task.answer?.choice}`)
}

function readFields(text: string): Record<string, unknown> {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {}
  throw new WrongUse(`--fields: expected a JSON object such as {"salary": 50000}, found "${text}".`)
}
