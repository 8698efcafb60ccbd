import { type Data, iso, type Job, jobOf, type Person, resumeUrl, uuidOf } from '../data/data.ts'
import { COMPANY } from '../data/words.ts'
import {
  type Call,
  get,
  openGet,
  openPost,
  pageOf,
  post,
  type Reply,
  type Route,
  readToken,
  sizeOf,
  textOf,
  timeOf,
} from '../server/call.ts'
import { type Client, takeGrant } from '../server/oauth.ts'
import type { Happen, Parts } from '../server/twin.ts'

const jobId = ({ number }: Pick<Job, 'number'>): string => uuidOf(`smartrecruiters job ${number}`)
const candidateId = ({ number }: Person): string => uuidOf(`smartrecruiters candidate ${number}`)
const applicationId = ({ number }: Person): string => uuidOf(`smartrecruiters application ${number}`)
const STATUSES = ['NEW', 'IN_REVIEW', 'INTERVIEW', 'OFFERED']

export const records = {
  eventOf: (data: Data, person: Person) => ({
    id: candidateId(person),
    application_id: applicationId(person),
    job_id: jobId(jobOf(data, person)),
  }),
}

export function refuse(status: number, detail: string): Reply {
  const codes: Readonly<Record<number, string>> = { 401: 'UNAUTHORIZED', 404: 'NOT_FOUND', 429: 'TOO_MANY_REQUESTS' }
  const code = codes[status] ?? (status >= 500 ? 'INTERNAL_SERVER_ERROR' : 'BAD_REQUEST')
  return { status, body: { message: detail, errors: [{ code, message: detail }] } }
}

const label = (id: string) => ({ id: id.toLowerCase().replaceAll(' ', '_'), label: id })
const actionsOf = (url: string) => ({ details: { url, method: 'GET' } })

function showJob(job: Job, origin: string) {
  return {
    id: jobId(job),
    title: job.title,
    refNumber: `REF${job.number}`,
    createdOn: iso(job.createdAt),
    updatedOn: iso(job.updatedAt),
    department: label(job.department),
    location: locationOf(job),
    status: job.isOpen ? 'SOURCING' : 'FILLED',
    postingStatus: job.isOpen ? 'PUBLIC' : 'NOT_PUBLISHED',
    actions: actionsOf(`${origin}/jobs/${jobId(job)}`),
  }
}

function locationOf({ city, region, zip, isRemote }: Job) {
  return { country: 'France', countryCode: 'fr', region, city, postalCode: zip, remote: isRemote }
}

function showWholeJob(job: Job, origin: string) {
  return {
    ...showJob(job, origin),
    industry: label('Services'),
    function: label(job.department),
    typeOfEmployment: label('Permanent'),
    experienceLevel: label('Associate'),
    compensation: { min: job.minSalary, max: job.maxSalary, currency: 'EUR' },
    creator: { firstName: 'Demo', lastName: 'Admin' },
    jobAd: { sections: sectionsOf(job) },
  }
}

const sectionsOf = (job: Job) => ({
  companyDescription: { title: 'Company Description', text: `<p>${COMPANY} is a made-up company.</p>` },
  jobDescription: { title: 'Job Description', text: job.description },
  qualifications: { title: 'Qualifications', text: job.requirements },
  additionalInformation: { title: 'Additional Information', text: '' },
})

function showCandidate(data: Data, person: Person, origin: string) {
  const job = jobOf(data, person)
  return {
    id: candidateId(person),
    internal: false,
    firstName: person.firstName,
    lastName: person.lastName,
    email: person.email,
    phoneNumber: person.phone,
    location: { country: 'France', countryCode: 'fr', city: person.city },
    createdOn: iso(person.createdAt),
    updatedOn: iso(person.updatedAt),
    primaryAssignment: {
      job: { id: jobId(job), title: job.title, actions: actionsOf(`${origin}/jobs/${jobId(job)}`) },
      status: person.isRejected ? 'REJECTED' : (STATUSES[person.stage] ?? 'NEW'),
      source: person.source,
    },
    actions: actionsOf(`${origin}/candidates/${candidateId(person)}`),
  }
}

function showWholeCandidate(data: Data, person: Person, origin: string) {
  return {
    ...showCandidate(data, person, origin),
    web: {},
    tags: person.skills,
    education: [{ institution: person.school, degree: 'Master', current: false }],
    experience: [{ title: person.title, company: person.employer, current: true }],
  }
}

/** The next page's id is empty on the last page. */
function listed<T>(call: Call, items: readonly T[], usual: number): Reply {
  const size = sizeOf(call, 'limit', usual, 100)
  const asked = call.query.get('pageId')
  const first = asked === null ? { from: Number(call.query.get('offset') ?? 0) } : readToken(asked)
  if (first === null) return refuse(400, 'Invalid pageId')
  const { items: content, from, token, total } = pageOf(items, first.from, size)
  return { body: { offset: from, limit: size, totalFound: total, nextPageId: token ?? '', content } }
}

type Known = Client & { readonly company_id: string }

export function routesOf(parts: Parts, happen: Happen, known: Known): readonly Route[] {
  return [...jobs(parts.data, known.company_id), ...candidates(parts.data, happen), tokens(parts, known)]
}

function jobs({ jobs }: Data, company: string): readonly Route[] {
  const wanted = (call: Call): readonly Job[] => {
    const [text, status] = [call.query.get('q')?.toLowerCase() ?? '', call.query.get('postingStatus')]
    const since = timeOf(call, 'updatedAfter') ?? 0
    return jobs.filter(
      (job) =>
        job.title.toLowerCase().includes(text) &&
        job.updatedAt > since &&
        (status === null || (job.isOpen ? 'PUBLIC' : 'NOT_PUBLISHED') === status),
    )
  }
  return [
    get('/jobs', (call) =>
      listed(
        call,
        wanted(call).map((job) => showJob(job, call.origin)),
        10,
      ),
    ),
    get('/jobs/:id', ({ params, origin }) => {
      const job = jobs.find((one) => jobId(one) === params['id'])
      return job === undefined ? refuse(404, 'Job not found') : { body: showWholeJob(job, origin) }
    }),
    openGet(`/v1/companies/${company}/postings`, (call) =>
      listed(
        call,
        jobs.filter(({ isOpen }) => isOpen).map((job) => showPosting(job, company, call.origin)),
        100,
      ),
    ),
  ]
}

const showPosting = (job: Job, company: string, origin: string) => ({
  id: String(74_000_000 + job.number),
  uuid: uuidOf(`smartrecruiters posting ${job.number}`),
  name: job.title,
  refNumber: `REF${job.number}`,
  company: { identifier: company, name: COMPANY },
  releasedDate: iso(job.createdAt),
  location: locationOf(job),
  department: label(job.department),
  ref: `${origin}/v1/companies/${company}/postings/${74_000_000 + job.number}`,
})

function candidates(data: Data, happen: Happen): readonly Route[] {
  const find = (id: string | undefined) => data.people.find((person) => candidateId(person) === id)
  return [
    get('/candidates', (call) => {
      const since = timeOf(call, 'updatedAfter') ?? 0
      const text = call.query.get('q')?.toLowerCase() ?? ''
      const wanted = data.people.filter(
        (person) =>
          person.updatedAt > since &&
          `${person.firstName} ${person.lastName} ${person.email}`.toLowerCase().includes(text),
      )
      return listed(
        call,
        wanted.map((person) => showCandidate(data, person, call.origin)),
        10,
      )
    }),
    get('/candidates/:id', ({ params, origin }) => {
      const person = find(params['id'])
      return person === undefined
        ? refuse(404, 'Candidate not found')
        : { body: showWholeCandidate(data, person, origin) }
    }),
    get('/candidates/:id/attachments', ({ params, origin }) => {
      const person = find(params['id'])
      if (person === undefined) return refuse(404, 'Candidate not found')
      const url = resumeUrl(person, origin)
      const file = { id: uuidOf(url), name: `${person.lastName}.pdf`, type: 'RESUME', contentType: 'application/pdf' }
      return { body: { totalFound: 1, content: [{ ...file, actions: { download: { url, method: 'GET' } } }] } }
    }),
    post('/candidates', (call) => create(data, happen, call, undefined)),
    post('/jobs/:id/candidates', (call) => {
      const job = data.jobs.find((one) => jobId(one) === call.params['id'])
      return job === undefined ? refuse(404, 'Job not found') : create(data, happen, call, job.number)
    }),
  ]
}

function create(data: Data, happen: Happen, { body, origin, now }: Call, job: number | undefined): Reply {
  const [firstName, lastName, email] = ['firstName', 'lastName', 'email'].map((name) => textOf(body[name]))
  if (!firstName || !lastName || !email) return refuse(400, 'firstName, lastName and email are required')
  const person = happen({ firstName, lastName, email, phone: textOf(body['phoneNumber']), job }, origin, now)
  return { status: 201, body: showWholeCandidate(data, person, origin) }
}

function tokens({ oauth }: Parts, client: Client): Route {
  return openPost('/identity/oauth/token', (call) => {
    const made = takeGrant(call, oauth, client, ['client_credentials'])
    if (made === 'invalid_client') {
      return { status: 401, body: { error: made, error_description: 'Bad client credentials' } }
    }
    if (typeof made === 'string') return { status: 400, body: { error: made } }
    const { access_token, expires_in } = made
    return { body: { access_token, token_type: 'Bearer', expires_in, scope: 'candidates_read jobs_read' } }
  })
}
