/** JSON text keeps the spelling of numbers. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Client } from '../client/index.ts'
import { Failure } from './errors.ts'
import type { Run } from './show-run.ts'

/** `given`: JSON, a file with JSON, or `-`. */
export async function readRequest(cwd: string, given: string, readStdin: () => Promise<string>): Promise<string> {
  const example = '{"body": {"name": "Ada"}}'
  return given === '-' ? checkJson(await readStdin(), given, example) : readJson(cwd, given, '--request', example)
}

/** `given`: JSON, or a file with JSON. */
export const readAnswers = (cwd: string, given: string): string =>
  readJson(cwd, given, '--answers', '{"signed": {"by": "Ada"}, "hire": {"choice": "approve"}}')

function readJson(cwd: string, given: string, option: string, example: string): string {
  const isJson = given.trimStart().startsWith('{')
  return checkJson(isJson ? given : readFile(resolve(cwd, given)), isJson ? option : given, example)
}

function checkJson(text: string, what: string, example: string): string {
  try {
    JSON.parse(text)
    return text
  } catch (error) {
    throw new Failure(
      `${what}: expected JSON such as ${example}, found something else: ${error instanceof Error ? error.message : ''}`,
    )
  }
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new Failure(`${path} can't be read: is the name right?`)
  }
}

export async function requestOfRun(client: Client, id: string): Promise<string> {
  const { request } = await client.get('/api/runs/{id}', { path: { id } })
  if (request === null) throw new Failure(`The run ${id} has no request: a schedule started it, or it was deleted.`)
  const { method, headers, query, body, body_encoding } = request
  if (method === 'GET') return JSON.stringify({ method, headers, query })
  return JSON.stringify({ headers, query, body, body_encoding })
}

export async function startRun(
  client: Client,
  workflowId: string,
  fields: Readonly<Record<string, unknown>>,
  texts: { readonly request: string | null; readonly answers?: string | null },
): Promise<Run> {
  const members = Object.entries(fields).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
  for (const [name, text] of Object.entries(texts)) if (text !== null) members.push(`"${name}":${text}`)
  const response = await client.fetch(`/api/workflows/${encodeURIComponent(workflowId)}/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{${members.join(',')}}`,
  })
  return (await response.json()) as Run
}
