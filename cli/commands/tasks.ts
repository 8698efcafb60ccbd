import { type Command, Option } from 'commander'
import { prettyJson, type Schemas } from '../../client/index.ts'
import { readObject } from '../../src/domain/json/read-json.ts'
import { TASK_STATUSES } from '../../src/domain/tasks/task.ts'
import { type Add, JSON_FLAG } from '../add-command.ts'
import type { Context } from '../context.ts'
import { WrongUse } from '../errors.ts'
import { cut } from '../show-run.ts'
import { ago, layOut } from '../terminal.ts'

type Json = { readonly json: boolean }
type Task = Schemas['Task']

export function addTaskCommands(program: Command, add: Add): void {
  const tasks = program.command('tasks').description('list, read and answer what waiting runs ask people')
  add(tasks, 'list', 'list tasks, newest first', listTasks, [
    new Option('--status <status>', 'only those').choices([...TASK_STATUSES]).default('open'),
    ['--mine', 'only those that ask the person who made the key', false],
    JSON_FLAG,
  ])
  add(tasks, 'show <task>', 'print the question, its data and its choices', showTask, [JSON_FLAG])
  add(tasks, 'answer <task> <choice>', 'answer for the person who made the key', answerTask, [
    ['--reason <text>', 'why'],
    ['--fields <json>', 'values of the fields, such as {"salary": 50000}'],
    JSON_FLAG,
  ])
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
  const value = readObject(text)
  if (value !== null) return { ...value }
  throw new WrongUse(`--fields: expected a JSON object such as {"salary": 50000}, found "${text}".`)
}
