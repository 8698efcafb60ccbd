import type { Data, Job, Person } from '../data/data.ts'
import {
  type Call,
  get,
  listOf,
  objectOf,
  pageOf,
  post,
  type Reply,
  type Route,
  sizeOf,
  textOf,
  timeOf,
} from '../server/call.ts'
import type { Happen, Parts } from '../server/twin.ts'
import * as records from './greenhouse-records.ts'

const VISIBILITIES = ['admin_only', 'private', 'public']

export function refuse(status: number, detail: string): Reply {
  if (status === 401) return { status, body: { message: 'Invalid Basic Auth credentials' } }
  if (status === 422) return { status, body: { message: 'Validation error', errors: [{ message: detail }] } }
  return { status, body: { message: status === 404 ? 'Resource not found' : detail } }
}

function listed<T>(call: Call, items: readonly T[]): Reply {
  const size = sizeOf(call, 'per_page', 100, 500)
  const number = sizeOf(call, 'page', 1, 100_000)
  const { items: shown, next } = pageOf(items, (number - 1) * size, size)
  const link = (page: number, rel: string): string => {
    const query = new URLSearchParams(call.query)
    query.set('page', String(page))
    query.set('per_page', String(size))
    return `<${call.origin}${call.path}?${query}>; rel="${rel}"`
  }
  const last = Math.max(1, Math.ceil(items.length / size))
  const links = [
    ...(next === null ? [] : [link(number + 1, 'next')]),
    ...(number === 1 ? [] : [link(number - 1, 'prev')]),
    ...(last === 1 || call.query.get('skip_count') === 'true' ? [] : [link(last, 'last')]),
  ]
  return { headers: links.length === 0 ? {} : { Link: links.join(',') }, body: shown }
}

export function harvest1({ data }: Parts, happen: Happen): readonly Route[] {
  return [...reading(data), ...writing(data, happen)]
}

const finder =
  ({ people }: Data) =>
  ({ params }: Call): Person | undefined =>
    people.find((person) => String(records.candidateId(person)) === params['id'])

function reading(data: Data): readonly Route[] {
  const find = finder(data)
  const show = (person: Person, { origin }: Call) => records.showCandidate(data, person, origin)
  return [
    get('/v1/jobs', (call) => listed(call, wantedJobs(data.jobs, call).map(records.showJob))),
    get('/v1/jobs/:id', ({ params }) => {
      const job = data.jobs.find((one) => String(records.jobId(one)) === params['id'])
      return job === undefined ? refuse(404, '') : { body: records.showJob(job) }
    }),
    get('/v1/candidates', (call) =>
      listed(
        call,
        wanted(data.people, call).map((person) => show(person, call)),
      ),
    ),
    get('/v1/candidates/:id', (call) => {
      const person = find(call)
      return person === undefined ? refuse(404, '') : { body: show(person, call) }
    }),
    get('/v1/applications', (call) =>
      listed(
        call,
        wanted(data.people, call).map((person) => records.showApplication(data, person)),
      ),
    ),
  ]
}

function writing(data: Data, happen: Happen): readonly Route[] {
  const find = finder(data)
  let notes = 226_800_000
  return [
    post('/v1/candidates', (call) => {
      if (call.headers['on-behalf-of'] === undefined) return refuse(403, 'The header On-Behalf-Of is missing.')
      const fields = readCandidate(call)
      if (fields.firstName === '' || fields.lastName === '') return refuse(422, 'first_name and last_name are needed')
      const person = happen(fields, call.origin, call.now)
      return { status: 201, body: records.showCandidate(data, person, call.origin) }
    }),
    post('/v1/candidates/:id/activity_feed/notes', (call) => {
      if (call.headers['on-behalf-of'] === undefined) return refuse(403, 'The header On-Behalf-Of is missing.')
      if (find(call) === undefined) return refuse(404, '')
      const visibility = textOf(call.body['visibility'])
      if (!VISIBILITIES.includes(visibility)) return refuse(422, `Must be one of: ${VISIBILITIES.join(', ')}`)
      notes += 1
      return { status: 201, body: records.showNote(notes, textOf(call.body['body']), visibility, call.now) }
    }),
  ]
}

function readCandidate({ body }: Call) {
  const [application] = listOf(body['applications'])
  const [email] = listOf(body['email_addresses'])
  const [phone] = listOf(body['phone_numbers'])
  return {
    firstName: textOf(body['first_name']),
    lastName: textOf(body['last_name']),
    title: textOf(body['title']),
    employer: textOf(body['company']),
    email: textOf(objectOf(email)['value']),
    phone: textOf(objectOf(phone)['value']),
    job: Number(objectOf(application)['job_id']) - records.jobId({ number: 0 }),
  }
}

function wanted(people: readonly Person[], call: Call): readonly Person[] {
  const { query } = call
  const [created, updated, active] = ['created_after', 'updated_after', 'last_activity_after'].map((name) =>
    timeOf(call, name),
  )
  const email = query.get('email')
  const job = query.get('job_id')
  const ids = query.get('candidate_ids')?.split(',')
  return people.filter(
    (person) =>
      person.createdAt >= (created ?? 0) &&
      person.updatedAt >= Math.max(updated ?? 0, active ?? 0) &&
      (email === null || person.email === email) &&
      (job === null || String(records.jobId({ number: person.job })) === job) &&
      (ids === undefined || email !== null || ids.includes(String(records.candidateId(person)))),
  )
}

function wantedJobs(jobs: readonly Job[], call: Call): readonly Job[] {
  const status = call.query.get('status')
  const updated = timeOf(call, 'updated_after') ?? 0
  return jobs.filter(
    (job) => job.updatedAt >= updated && (status === null || (job.isOpen ? 'open' : 'closed') === status),
  )
}
