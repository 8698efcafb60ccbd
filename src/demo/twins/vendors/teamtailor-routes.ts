import { type Data, iso, type Job, jobOf, type Person, resumeUrl } from '../data/data.ts'
import { type Call, get, objectOf, pageOf, post, type Reply, type Route, sizeOf, textOf } from '../server/call.ts'
import type { Happen } from '../server/twin.ts'

export const API_VERSION = '20240904'
const MAX_PAGE = 30

const TITLES: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  404: 'Record not found',
  406: 'Not Acceptable',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
}

export function refuse(status: number, detail: string): Reply {
  return {
    status,
    body: { errors: [{ title: TITLES[status] ?? 'Error', detail, code: String(status), status: String(status) }] },
  }
}

const jobId = ({ number }: Pick<Job, 'number'>): string => String(220_000 + number)
const candidateId = ({ number }: Person): string => String(8_800_000 + number)
const applicationId = ({ number }: Person): string => String(9_900_000 + number)
const pointer = (type: string, id: string) => ({ data: { type, id } })
const linked = (origin: string, path: string) => ({
  links: { self: `${origin}/v1/${path}`, related: `${origin}/v1/${path}` },
})

function showJob(job: Job, origin: string) {
  const id = jobId(job)
  return {
    id,
    type: 'jobs',
    links: { 'careersite-job-url': `${origin}/jobs/${id}`, self: `${origin}/v1/jobs/${id}` },
    attributes: {
      title: job.title,
      pitch: `${job.title} in ${job.city}`,
      body: `${job.description}${job.requirements}`,
      status: job.isOpen ? 'open' : 'archived',
      'human-status': job.isOpen ? 'published' : 'archived',
      'language-code': 'en',
      tags: [job.department],
      'remote-status': job.isRemote ? 'fully' : 'none',
      'employment-type': 'fulltime',
      'employment-level': null,
      currency: 'EUR',
      'salary-time-unit': 'yearly',
      'min-salary': job.minSalary,
      'max-salary': job.maxSalary,
      internal: false,
      pinned: false,
      'created-at': iso(job.createdAt),
      'updated-at': iso(job.updatedAt),
    },
    relationships: {
      location: linked(origin, `jobs/${id}/location`),
      department: linked(origin, `jobs/${id}/department`),
    },
  }
}

const showLocation = (job: Job, origin: string) => ({
  id: jobId(job),
  type: 'locations',
  links: { self: `${origin}/v1/locations/${jobId(job)}` },
  attributes: { name: job.city, city: job.city, country: 'France', zip: job.zip, address: null, lat: null, long: null },
})

export function showCandidate(person: Person, origin: string) {
  const id = candidateId(person)
  return {
    id,
    type: 'candidates',
    links: { self: `${origin}/v1/candidates/${id}` },
    attributes: {
      'first-name': person.firstName,
      'last-name': person.lastName,
      email: person.email,
      phone: person.phone,
      pitch: `${person.title}, ${person.employer}`,
      resume: resumeUrl(person, origin),
      'original-resume': resumeUrl(person, origin),
      picture: null,
      'linkedin-url': null,
      sourced: false,
      connected: false,
      internal: false,
      referred: person.source === 'Referral',
      unsubscribed: false,
      tags: person.skills,
      'created-at': iso(person.createdAt),
      'updated-at': iso(person.updatedAt),
    },
    relationships: { 'job-applications': linked(origin, `candidates/${id}/job-applications`) },
  }
}

export function showApplication(data: Data, person: Person, origin: string) {
  const id = applicationId(person)
  return {
    id,
    type: 'job-applications',
    links: { self: `${origin}/v1/job-applications/${id}` },
    attributes: {
      'cover-letter': null,
      'created-at': iso(person.createdAt),
      'updated-at': iso(person.updatedAt),
      'rejected-at': person.isRejected ? iso(person.updatedAt) : null,
      'referring-site': person.source,
      sourced: false,
    },
    relationships: {
      candidate: pointer('candidates', candidateId(person)),
      job: pointer('jobs', jobId(jobOf(data, person))),
    },
  }
}

type Resource = { readonly attributes: { readonly 'created-at': string; readonly 'updated-at': string } }

function listed<T extends Resource>(
  call: Call,
  items: readonly T[],
  included: (shown: readonly T[]) => readonly object[],
) {
  const { query, origin, path } = call
  const wanted = items.filter(
    ({ attributes }) =>
      isWithin(attributes['created-at'], query, 'created-at') &&
      isWithin(attributes['updated-at'], query, 'updated-at'),
  )
  const ordered = (query.get('sort') ?? '').startsWith('-') ? wanted.toReversed() : wanted
  const [size, number] = [sizeOf(call, 'page[size]', 10, MAX_PAGE), sizeOf(call, 'page[number]', 1, 1_000_000)]
  const { items: data, next, total } = pageOf(ordered, (number - 1) * size, size)
  const last = Math.max(1, Math.ceil(total / size))
  const link = (page: number): string => {
    const params = new URLSearchParams(query)
    params.set('page[number]', String(page))
    params.set('page[size]', String(size))
    return `${origin}${path}?${params}`
  }
  const links = {
    first: link(1),
    ...(number > 1 ? { prev: link(number - 1) } : {}),
    ...(next === null ? {} : { next: link(number + 1) }),
    last: link(last),
  }
  const more = included(data)
  const body = {
    data,
    ...(more.length === 0 ? {} : { included: more }),
    meta: { 'record-count': total, 'page-count': last },
    links,
  }
  return versioned({ body })
}

function isWithin(time: string, query: URLSearchParams, name: string): boolean {
  const at = Date.parse(time)
  const [from, to] = ['from', 'to'].map((end) => Date.parse(query.get(`filter[${name}][${end}]`) ?? ''))
  return !(at < (from ?? Number.NaN)) && !(at > (to ?? Number.NaN))
}

const versioned = (reply: Reply): Reply => ({ ...reply, headers: { 'X-Api-Version': API_VERSION } })

function checked(route: Route): Route {
  return {
    ...route,
    handle: (call) =>
      /^\d{8}$/.test(String(call.headers['x-api-version'] ?? ''))
        ? route.handle(call)
        : refuse(406, 'The header X-Api-Version is missing or invalid.'),
  }
}

export const routesOf = (data: Data, happen: Happen): readonly Route[] =>
  [...jobs(data), ...candidates(data), ...applications(data), ...writing(data, happen)].map(checked)

function jobs({ jobs: all }: Data): readonly Route[] {
  const about = (path: string, show: (job: Job, origin: string) => unknown): Route =>
    get(`/v1/jobs/:id${path}`, ({ params, origin }) => {
      const job = all.find((one) => jobId(one) === params['id'])
      return job === undefined ? refuse(404, 'No such job') : versioned({ body: { data: show(job, origin) } })
    })
  return [
    get('/v1/jobs', (call) => {
      const status = call.query.get('filter[status]') ?? 'published'
      const shown = all.map((job) => showJob(job, call.origin))
      const wanted = shown.filter((job) => status === 'all' || job.attributes['human-status'] === status)
      return listed(call, wanted, () => [])
    }),
    about('', showJob),
    about('/location', showLocation),
  ]
}

function candidates(data: Data): readonly Route[] {
  const find = ({ params }: Call): Person | undefined => data.people.find((one) => candidateId(one) === params['id'])
  return [
    get('/v1/candidates', (call) => {
      const email = call.query.get('filter[email]')
      const wanted = data.people.filter((person) => email === null || person.email === email)
      return listed(
        call,
        wanted.map((person) => showCandidate(person, call.origin)),
        () => [],
      )
    }),
    get('/v1/candidates/:id', (call) => {
      const person = find(call)
      return person === undefined
        ? refuse(404, 'No such candidate')
        : versioned({ body: { data: showCandidate(person, call.origin) } })
    }),
  ]
}

function applications(data: Data): readonly Route[] {
  const included = (call: Call, shown: readonly { readonly id: string }[]): readonly object[] => {
    const wanted = (call.query.get('include') ?? '').split(',')
    const people = data.people.filter((person) => shown.some(({ id }) => id === applicationId(person)))
    const jobsOf = data.jobs.filter(({ number }) => people.some(({ job }) => job === number))
    return [
      ...(wanted.includes('candidate') ? people.map((person) => showCandidate(person, call.origin)) : []),
      ...(wanted.includes('job') ? jobsOf.map((job) => showJob(job, call.origin)) : []),
    ]
  }
  return [
    get('/v1/job-applications', (call) =>
      listed(
        call,
        data.people.map((person) => showApplication(data, person, call.origin)),
        (shown) => included(call, shown),
      ),
    ),
  ]
}

/** At Teamtailor, new candidates have no job. */
function writing(data: Data, happen: Happen): readonly Route[] {
  return [
    post('/v1/candidates', ({ body, origin, now }) => {
      const attributes = objectOf(objectOf(body['data'])['attributes'])
      const email = textOf(attributes['email'])
      if (email === '') return refuse(422, "email - can't be blank")
      const names = { firstName: textOf(attributes['first-name']), lastName: textOf(attributes['last-name']) }
      const known = data.people.find((person) => person.email === email)
      const person = known ?? happen({ ...names, email, phone: textOf(attributes['phone']) }, origin, now)
      return versioned({ status: 201, body: { data: showCandidate(person, origin) } })
    }),
  ]
}
