import { type Data, fullName, type Job, jobOf, type Person, resumeUrl, splitName, uuidOf } from '../data/data.ts'
import { STAGES } from '../data/words.ts'
import {
  type Call,
  get,
  listOf,
  objectOf,
  pageOf,
  post,
  type Reply,
  type Route,
  readToken,
  sizeOf,
  textOf,
} from '../server/call.ts'
import type { Happen } from '../server/twin.ts'

export const USER_ID = uuidOf('lever user')
const stageId = (index: number): string => uuidOf(`lever stage ${index}`)
const postingId = ({ number }: Pick<Job, 'number'>): string => uuidOf(`lever posting ${number}`)

export const ids = ({ number }: Person) => ({
  opportunity: uuidOf(`lever opportunity ${number}`),
  contact: uuidOf(`lever contact ${number}`),
  application: uuidOf(`lever application ${number}`),
  resume: uuidOf(`lever resume ${number}`),
})

export function refuse(status: number, detail: string): Reply {
  const codes: Readonly<Record<number, string>> = {
    400: 'BadRequest',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'ResourceNotFound',
    429: 'RateLimitExceeded',
    503: 'ServiceUnavailable',
  }
  return { status, body: { code: codes[status] ?? 'ServerError', message: detail } }
}

function showOpportunity(person: Person, origin: string) {
  const { opportunity, contact, application } = ids(person)
  return {
    id: opportunity,
    name: fullName(person),
    headline: `${person.title}, ${person.employer}`,
    contact,
    emails: [person.email],
    phones: [{ type: 'mobile', value: person.phone }],
    confidentiality: 'non-confidential',
    location: `${person.city}, France`,
    links: [],
    archived: person.isRejected ? { archivedAt: person.updatedAt, reason: uuidOf('lever reason') } : null,
    createdAt: person.createdAt,
    updatedAt: person.updatedAt,
    lastInteractionAt: person.updatedAt,
    lastAdvancedAt: person.updatedAt,
    snoozedUntil: null,
    stage: stageId(person.stage),
    stageChanges: [],
    owner: USER_ID,
    tags: person.skills,
    sources: [person.source],
    origin: 'applied',
    sourcedBy: null,
    applications: [application],
    resume: null,
    followers: [],
    urls: { list: `${origin}/candidates`, show: `${origin}/candidates/${opportunity}` },
    isAnonymized: false,
    dataProtection: null,
  }
}

function showApplication(data: Data, person: Person) {
  const { application, opportunity } = ids(person)
  return {
    id: application,
    opportunityId: opportunity,
    candidateId: opportunity,
    type: 'posting',
    posting: postingId(jobOf(data, person)),
    postingOwner: USER_ID,
    name: fullName(person),
    email: person.email,
    phone: { type: 'mobile', value: person.phone },
    company: person.employer,
    links: [],
    comments: '',
    customQuestions: [],
    createdAt: person.createdAt,
    archived: null,
  }
}

function showResume(person: Person, origin: string) {
  const file = { name: `${person.firstName}_${person.lastName}.pdf`, ext: '.pdf', uploadedAt: person.createdAt }
  return {
    id: ids(person).resume,
    createdAt: person.createdAt,
    file: { ...file, status: 'processed', downloadUrl: resumeUrl(person, origin) },
    parsedData: {
      positions: [{ org: person.employer, title: person.title }],
      schools: [{ org: person.school, degree: 'Master' }],
    },
  }
}

function showPosting(job: Job, origin: string) {
  const id = postingId(job)
  const plain = job.description.replaceAll('<p>', '').replaceAll('</p>', '')
  return {
    id,
    text: job.title,
    state: job.isOpen ? 'published' : 'closed',
    distributionChannels: ['public'],
    user: USER_ID,
    owner: USER_ID,
    hiringManager: USER_ID,
    categories: { team: job.department, department: job.department, location: job.city, commitment: 'Full-time' },
    tags: [],
    content: { description: plain, descriptionHtml: job.description, lists: [], closing: '', closingHtml: '' },
    country: 'FR',
    followers: [],
    reqCode: `REQ-${job.number}`,
    requisitionCodes: [],
    urls: { list: `${origin}/jobs`, show: `${origin}/jobs/${id}`, apply: `${origin}/jobs/${id}/apply` },
    confidentiality: 'non-confidential',
    createdAt: job.createdAt,
    updatedAt: job.updatedAt,
    workplaceType: job.isRemote ? 'remote' : 'on-site',
    salaryRange: { min: job.minSalary, max: job.maxSalary, currency: 'EUR', interval: 'per-year-salary' },
  }
}

function listed<T>(call: Call, items: readonly T[]): Reply {
  const first = readToken(call.query.get('offset'))
  if (first === null) return refuse(400, 'Invalid offset token')
  const { items: data, token } = pageOf(items, first.from, sizeOf(call, 'limit', 100, 100))
  return { body: { data, hasNext: token !== null, next: token ?? undefined } }
}

export const routesOf = (data: Data, happen: Happen): readonly Route[] => [
  ...postings(data),
  ...reading(data),
  ...writing(data, happen),
]

function postings({ jobs }: Data): readonly Route[] {
  return [
    get('/v1/postings', (call) => {
      const state = call.query.get('state')
      const since = Number(call.query.get('updated_at_start') ?? 0)
      const shown = jobs.filter(({ updatedAt }) => updatedAt >= since).map((job) => showPosting(job, call.origin))
      return listed(
        call,
        shown.filter((posting) => state === null || posting.state === state),
      )
    }),
    get('/v1/postings/:id', ({ params, origin }) => {
      const job = jobs.find((one) => postingId(one) === params['id'])
      return job === undefined ? refuse(404, 'Posting was not found') : { body: { data: showPosting(job, origin) } }
    }),
    get('/v1/stages', (call) =>
      listed(
        call,
        STAGES.map((text, index) => ({ id: stageId(index), text })),
      ),
    ),
  ]
}

type Find = (call: Call) => Person | undefined
const finder =
  ({ people }: Data): Find =>
  ({ params }) =>
    people.find((person) => ids(person).opportunity === params['id'])

function reading(data: Data): readonly Route[] {
  const find = finder(data)
  const about = (path: string, show: (person: Person, call: Call) => unknown): Route =>
    get(`/v1/opportunities/:id${path}`, (call) => {
      const person = find(call)
      return person === undefined ? refuse(404, 'Opportunity was not found') : { body: show(person, call) as object }
    })
  return [
    get('/v1/opportunities', (call) =>
      listed(
        call,
        wanted(data, call).map((person) => showOpportunity(person, call.origin)),
      ),
    ),
    about('', (person, { origin }) => ({ data: showOpportunity(person, origin) })),
    about('/applications', (person) => ({ data: [showApplication(data, person)], hasNext: false })),
    about('/resumes', (person, { origin }) => ({ data: [showResume(person, origin)], hasNext: false })),
  ]
}

/** Times are milliseconds since 1970. */
function wanted({ people }: Data, { query }: Call): readonly Person[] {
  const [created, updated] = ['created_at_start', 'updated_at_start'].map((name) => Number(query.get(name) ?? 0))
  const [email, posting, stage] = ['email', 'posting_id', 'stage_id'].map((name) => query.get(name))
  return people.filter(
    (person) =>
      person.createdAt >= (created ?? 0) &&
      person.updatedAt >= (updated ?? 0) &&
      (email == null || person.email === email) &&
      (posting == null || postingId({ number: person.job }) === posting) &&
      (stage == null || stageId(person.stage) === stage),
  )
}

function writing(data: Data, happen: Happen): readonly Route[] {
  const find = finder(data)
  return [
    post('/v1/opportunities', (call) => {
      const { body, query, origin, now } = call
      if (query.get('perform_as') === null) return refuse(400, 'perform_as is required')
      const [email] = listOf(body['emails']).map(textOf)
      const [phone] = listOf(body['phones']).map((one) => textOf(objectOf(one)['value']))
      const [posting] = listOf(body['postings'])
      const job = data.jobs.find((one) => postingId(one) === posting)?.number
      const person = happen({ ...splitName(textOf(body['name'])), email, phone, job }, origin, now)
      return { status: 201, body: { data: showOpportunity(person, origin) } }
    }),
    post('/v1/opportunities/:id/notes', (call) => {
      if (find(call) === undefined) return refuse(404, 'Opportunity was not found')
      const note = { id: uuidOf(`lever note ${call.now}`), text: textOf(call.body['value']), createdAt: call.now }
      return { status: 201, body: { data: { ...note, user: USER_ID, secret: false } } }
    }),
  ]
}
