/** HrFlow's secret key never reaches the browser. */

import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { readObject } from '../../../domain/json/read-json.ts'
import type { Snapshot } from '../../../domain/settings/settings.ts'
import { UserError } from '../../../errors.ts'
import { settingsOf } from '../../../runs/privacy/start-settings.ts'
import { egressWith } from '../../alerts/addresses.ts'
import { sendJson } from '../../alerts/post.ts'
import { type ApiContext, findWorkflow } from '../common/api.ts'
import { assertMayEdit } from '../common/editors.ts'
import { type ApiRoute, route } from '../common/routes.ts'

/** Names in the templates and in hrflow-connectors. Errors name the first. */
const KEYS = ['API_KEY', 'HRFLOW_API_KEY', 'hrflow_auth_api_secret'] as const
const EMAILS = ['USER_EMAIL', 'HRFLOW_USER_EMAIL', 'hrflow_auth_api_user'] as const
const URLS = ['HRFLOW_API_URL'] as const
const API_URL = 'https://api.hrflow.ai/v1/'
const MAX_ANSWER = 4 * 1024 * 1024
const PER_PAGE = 100
const MAX_PAGES = 20

const tags = ['Settings']
/** The routes use the secret key. */
const config = { scope: 'write' } as const

const Places = Type.Object({
  data: Type.Array(Type.Object({ key: Type.String(), name: Type.String(), type: Type.String() })),
})
const description = `HrFlow is asked with the properties \`${KEYS[0]}\` and \`${EMAILS[0]}\` of the workflow.`
const response = { 200: Places }
type Place = { readonly key: string; readonly name: string; readonly type: string }

export const hrflowRoutes: readonly ApiRoute[] = [
  route.get(
    '/workflows/:id/hrflow/sources',
    { config, tags, summary: 'Sources of the HrFlow account', description, response },
    async (request, context) => ({ data: await listPlaces(context, request, request.params.id, 'sources') }),
  ),

  route.get(
    '/workflows/:id/hrflow/boards',
    { config, tags, summary: 'Boards of the HrFlow account', description, response },
    async (request, context) => ({ data: await listPlaces(context, request, request.params.id, 'boards') }),
  ),
]

type Kind = 'sources' | 'boards'

async function listPlaces(
  context: ApiContext,
  request: FastifyRequest,
  id: string,
  kind: Kind,
): Promise<readonly Place[]> {
  const workflow = await findWorkflow(context.store, id)
  await assertMayEdit(context, request, id)
  const { snapshot } = await settingsOf(context.store, workflow)
  const account = {
    key: needText(snapshot, KEYS),
    email: needText(snapshot, EMAILS),
    url: findText(snapshot, URLS)?.text ?? API_URL,
  }
  const places: Place[] = []
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const found = await readPage(context, account, `${kind}?page=${page}&limit=${PER_PAGE}`)
    places.push(...found)
    if (found.length < PER_PAGE) break
  }
  return places
}

type Found = { readonly name: string; readonly text: string }

function findText(snapshot: Snapshot, names: readonly string[]): Found | null {
  for (const name of names) {
    const setting = snapshot.get(name)
    const value: unknown = setting === undefined ? null : JSON.parse(setting.value)
    if (typeof value === 'string' && value !== '') return { name, text: value }
  }
  return null
}

function needText(snapshot: Snapshot, names: readonly [string, ...string[]]): Found {
  const found = findText(snapshot, names)
  if (found === null) throw new UserError('conflict', `The property ${names[0]} is missing.`)
  return found
}

type Account = { readonly key: Found; readonly email: Found; readonly url: string }

async function readPage(
  { config, demo, log }: ApiContext,
  { key, email, url }: Account,
  path: string,
): Promise<readonly Place[]> {
  const headers = { 'X-API-KEY': key.text, 'X-USER-EMAIL': email.text, Accept: 'application/json' }
  const answer = await sendJson(
    `${url.endsWith('/') ? url : `${url}/`}${path}`,
    { body: null, headers, maxAnswer: MAX_ANSWER },
    egressWith(demo, config.egress),
  ).catch((error: unknown) => {
    log.warn({ err: error }, 'HrFlow could not be asked')
    throw new UserError('conflict', 'HrFlow could not be reached.')
  })
  if ([401, 403].includes(answer.status)) {
    throw new UserError('conflict', `HrFlow refuses the properties ${key.name} and ${email.name}. Correct them.`)
  }
  const data = readData(answer.text)
  if (answer.status !== 200 || data === null) {
    throw new UserError('conflict', `HrFlow answered with the status ${answer.status}, and no list.`)
  }
  return data
}

function readData(text: string): readonly Place[] | null {
  const data = readObject(text)?.data
  return Array.isArray(data) ? data.flatMap(readPlace) : null
}

function readPlace(item: unknown): readonly Place[] {
  if (typeof item !== 'object' || item === null) return []
  const { key, name, type } = item as Readonly<Record<string, unknown>>
  if (typeof key !== 'string') return []
  return [{ key, name: typeof name === 'string' ? name : key, type: typeof type === 'string' ? type : '' }]
}
