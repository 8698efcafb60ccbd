import { type Data, fullName, iso, type Job, jobOf, type Person, resumeUrl, splitName } from '../data/data.ts'
import { STAGES } from '../data/words.ts'
import {
  type Call,
  get,
  listOf,
  objectOf,
  openGet,
  openPost,
  pageOf,
  post,
  type Reply,
  type Route,
  sizeOf,
  textOf,
  timeOf,
} from '../server/call.ts'
import type { Happen } from '../server/twin.ts'

export const COMPANY_ID = '46082'
const PREFIX = `/c/${COMPANY_ID}`
const MAX_LIMIT = 10_000

export const candidateId = ({ number }: Person): number => 31_000_000 + number
export const offerId = ({ number }: Pick<Job, 'number'>): number => 1_200_000 + number
export const slugOf = ({ title, number }: Job): string => `${title.toLowerCase().replaceAll(' ', '-')}-${number}`

export function refuse(status: number, detail: string): Reply {
  return { status, body: { error: [detail] } }
}

function showOffer(job: Job, origin: string) {
  return {
    id: offerId(job),
    title: job.title,
    slug: slugOf(job),
    kind: 'job',
    status: job.isOpen ? 'published' : 'closed',
    department: job.department,
    city: job.city,
    country_code: 'FR',
    state_name: job.region,
    postal_code: job.zip,
    location: `${job.city}, France`,
    remote: job.isRemote,
    employment_type: 'fulltime_permanent',
    min_hours: 35,
    max_hours: 39,
    salary: { min: String(job.minSalary), max: String(job.maxSalary), period: 'year', currency: 'EUR' },
    url: `${origin}/o/${slugOf(job)}`,
    careers_url: `${origin}/o/${slugOf(job)}`,
    careers_apply_url: `${origin}/o/${slugOf(job)}/c/new`,
    created_at: iso(job.createdAt),
    updated_at: iso(job.updatedAt),
    published_at: job.isOpen ? iso(job.createdAt) : null,
  }
}

const showWholeOffer = (job: Job, origin: string) => ({
  ...showOffer(job, origin),
  description: job.description,
  requirements: job.requirements,
  pipeline_template: { stages: STAGES.map((name, position) => ({ id: 900 + position, name, position })) },
})

function showCandidate(data: Data, person: Person, origin: string) {
  const job = jobOf(data, person)
  const resume = resumeUrl(person, origin)
  return {
    id: candidateId(person),
    admin_id: null,
    name: fullName(person),
    emails: [person.email],
    phones: [person.phone],
    source: person.source,
    sources: [person.source],
    followed: false,
    photo_thumb_url: null,
    cv_url: resume,
    cv_original_url: resume,
    cover_letter: null,
    links: [],
    social_links: [],
    tags: person.skills.map((name) => ({ name })),
    placements: [
      {
        id: 52_000_000 + person.number,
        candidate_id: candidateId(person),
        offer_id: offerId(job),
        stage_id: 900 + person.stage,
        disqualified_at: person.isRejected ? iso(person.updatedAt) : null,
      },
    ],
    created_at: iso(person.createdAt),
    updated_at: iso(person.updatedAt),
  }
}

export const routesOf = (data: Data, happen: Happen): readonly Route[] => [
  ...offers(data),
  ...candidates(data),
  ...writing(data, happen),
  ...careersSite(data, happen),
]

function offers({ jobs }: Data): readonly Route[] {
  return [
    get(`${PREFIX}/offers`, ({ query, origin }) => {
      const isBrief = query.get('view_mode') === 'brief'
      const wanted = query.get('scope') === 'archived' ? [] : jobs
      const shown = wanted.map((job) => showOffer(job, origin))
      const brief = shown.map(({ id, title, status, kind }) => ({ id, title, status, kind }))
      return { body: { offers: isBrief ? brief : shown, references: [], meta: { total_count: shown.length } } }
    }),
    get(`${PREFIX}/offers/:id`, ({ params, origin }) => {
      const job = jobs.find((one) => String(offerId(one)) === params['id'])
      return job === undefined
        ? refuse(404, 'Not found')
        : { body: { offer: showWholeOffer(job, origin), references: [] } }
    }),
  ]
}

const finder =
  ({ people }: Data) =>
  ({ params }: Call): Person | undefined =>
    people.find((person) => String(candidateId(person)) === params['id'])

function candidates(data: Data): readonly Route[] {
  const find = finder(data)
  return [
    get(`${PREFIX}/candidates`, (call) => {
      const { query, origin, now } = call
      const [offer, text] = [query.get('offer_id'), query.get('query')?.toLowerCase() ?? '']
      const since = timeOf(call, 'created_after') ?? 0
      const wanted = data.people.filter(
        (person) =>
          person.createdAt >= since &&
          fullName(person).toLowerCase().includes(text) &&
          (offer === null || String(offerId({ number: person.job })) === offer),
      )
      const { items } = pageOf(wanted, Number(query.get('offset') ?? 0), sizeOf(call, 'limit', MAX_LIMIT, MAX_LIMIT))
      const shown = items.map((person) => showCandidate(data, person, origin))
      return { body: { candidates: shown, references: [], generated_at: iso(now) } }
    }),
    get(`${PREFIX}/candidates/:id`, (call) => {
      const person = find(call)
      if (person === undefined) return refuse(404, 'Not found')
      return { body: { candidate: showCandidate(data, person, call.origin), references: [] } }
    }),
  ]
}

function writing(data: Data, happen: Happen): readonly Route[] {
  const find = finder(data)
  return [
    post(`${PREFIX}/candidates`, (call) => {
      const sent = objectOf(call.body['candidate'])
      const [offer] = listOf(call.body['offers'])
      const job = data.jobs.find((one) => offerId(one) === offer)?.number
      const contact = { email: textOf(listOf(sent['emails'])[0]), phone: textOf(listOf(sent['phones'])[0]) }
      return create(data, happen, call, { name: textOf(sent['name']), ...contact, job })
    }),
    post(`${PREFIX}/candidates/:id/notes`, (call) => {
      if (find(call) === undefined) return refuse(404, 'Not found')
      const body = textOf(objectOf(call.body['note'])['body'])
      if (body === '') return refuse(422, "Body can't be blank")
      return { status: 201, body: { note: { id: call.now, body, created_at: iso(call.now) }, references: [] } }
    }),
  ]
}

/** Pages of a careers site need no credential. */
function careersSite(data: Data, happen: Happen): readonly Route[] {
  const published = () => data.jobs.filter(({ isOpen }) => isOpen)
  return [
    openGet('/api/offers', ({ origin }) => ({
      body: { offers: published().map((job) => showWholeOffer(job, origin)) },
    })),
    openPost('/api/offers/:slug/candidates', (call) => {
      const job = published().find((one) => slugOf(one) === call.params['slug'])
      if (job === undefined) return refuse(404, 'Not found')
      const sent = objectOf(call.body['candidate'])
      const contact = { email: textOf(sent['email']), phone: textOf(sent['phone']) }
      return create(data, happen, call, { name: textOf(sent['name']), ...contact, job: job.number })
    }),
  ]
}

type Sent = { readonly name: string; readonly email: string; readonly phone: string; readonly job: number | undefined }

function create(data: Data, happen: Happen, { origin, now }: Call, { name, ...fields }: Sent): Reply {
  if (name === '') return refuse(422, "Name can't be blank")
  const person = happen({ ...fields, ...splitName(name) }, origin, now)
  return { status: 201, body: { candidate: showCandidate(data, person, origin) } }
}
