/** Harvest v3 (harvestdocs.greenhouse.io), and the public Job Board API. */

import type { Job, Person } from '../data/data.ts'
import { type Call, get, openGet, openPost, pageOf, type Reply, type Route, readToken, sizeOf } from '../server/call.ts'
import { type Client, takeGrant } from '../server/oauth.ts'
import type { Parts } from '../server/twin.ts'
import * as records from './greenhouse-records.ts'
import { refuse } from './greenhouse-v1.ts'

export const BOARD = 'nordwind'

type Resource = { readonly path: string; all(call: Call): readonly Fields[] }
type Fields = { readonly id: number; readonly [field: string]: unknown }

export function harvest3({ data }: Parts): readonly Route[] {
  const people = (show: (person: Person, call: Call) => Fields) => (call: Call) =>
    data.people.map((person) => show(person, call))
  const resources: readonly Resource[] = [
    { path: '/v3/jobs', all: () => data.jobs.map(records.showJob) },
    { path: '/v3/candidates', all: people((person) => records.showCandidateV3(person)) },
    { path: '/v3/applications', all: people((person) => records.showApplicationV3(data, person)) },
    { path: '/v3/attachments', all: people((person, { origin }) => records.showAttachmentV3(person, origin)) },
  ]
  return resources.map(({ path, all }) => get(path, (call) => listed(call, all(call))))
}

/** The next page is in the header `Link` alone. The cursor contains the first request's filters. */
function listed(call: Call, items: readonly Fields[]): Reply {
  const cursor = call.query.get('cursor')
  if (cursor !== null && [...call.query.keys()].length > 1) return refuse(422, 'cursor must be the only parameter')
  const first = cursor === null ? { from: 0, query: String(call.query) } : readToken(cursor)
  if (first === null) return refuse(422, 'cursor is invalid')
  const query = new URLSearchParams(first.query)
  const wanted = items.filter((item) => isWanted(item, query))
  const { items: shown, token } = pageOf(
    wanted,
    first.from,
    sizeOf({ ...call, query }, 'per_page', 100, 500),
    first.query,
  )
  const link = `<${call.origin}${call.path}?cursor=${token}>; rel="next"`
  return { headers: token === null ? {} : { Link: link }, body: shown }
}

function isWanted(item: Fields, query: URLSearchParams): boolean {
  const listedIn = (name: string, id: unknown): boolean => query.get(name)?.split(',').includes(String(id)) ?? true
  const status = query.get('status')
  return (
    listedIn('ids', item.id) &&
    listedIn('candidate_ids', item['candidate_id']) &&
    listedIn('job_ids', item['job_id']) &&
    (status === null || item['status'] === status) &&
    ['created_at', 'updated_at', 'last_activity_at'].every((name) => isWithin(item[name], query.get(name)))
  )
}

/** `gte|2026-01-31T00:00:00Z`. */
function isWithin(value: unknown, filter: string | null): boolean {
  const [operator = '', text = ''] = (filter ?? '').split('|')
  const [time, bound] = [Date.parse(String(value)), Date.parse(text)]
  if (Number.isNaN(bound)) return true
  if (operator === 'gte') return time >= bound
  if (operator === 'gt') return time > bound
  if (operator === 'lte') return time <= bound
  return operator !== 'lt' || time < bound
}

export function jobBoard({ data }: Parts): readonly Route[] {
  const open = (): readonly Job[] => data.jobs.filter((job) => job.isOpen)
  const show = (job: Job, call: Call) => {
    const { content, ...post } = records.showPost(job, `${call.origin}/${BOARD}`)
    return call.query.get('content') === 'true' || call.params['id'] !== undefined ? { ...post, content } : post
  }
  return [
    openGet(`/v1/boards/${BOARD}/jobs`, (call) => ({
      body: { jobs: open().map((job) => show(job, call)), meta: { total: open().length } },
    })),
    openGet(`/v1/boards/${BOARD}/jobs/:id`, (call) => {
      const job = open().find((one) => String(records.showPost(one, '').id) === call.params['id'])
      return job === undefined
        ? { status: 404, body: { status: 404, error: 'Job not found' } }
        : { body: show(job, call) }
    }),
  ]
}

export function tokenRoute({ oauth }: Parts, client: Client): Route {
  return openPost('/token', (call) => {
    const made = takeGrant(call, oauth, client, ['client_credentials'])
    if (typeof made === 'string') return { status: made === 'invalid_client' ? 401 : 400, body: { error: made } }
    const { access_token, expires_in, expires_at } = made
    const until = new Date(expires_at).toISOString()
    return { body: { access_token, token_type: 'Bearer', expires_in, expires_at: until } }
  })
}
