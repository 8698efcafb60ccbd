import { type Data, fullName, hexOf, iso, type Job, jobOf, type Person, resumeUrl, splitName } from '../data/data.ts'
import { COMPANY, STAGES } from '../data/words.ts'
import { type Call, get, objectOf, pageOf, post, type Reply, type Route, sizeOf, textOf } from '../server/call.ts'
import type { Happen } from '../server/twin.ts'

export const PREFIX = '/spi/v3'
export const SUBDOMAIN = 'nordwind'

const shortcode = ({ number }: Pick<Job, 'number'>): string => hexOf(`workable job ${number}`, 10).toUpperCase()
const jobId = ({ number }: Job): string => hexOf(`workable job id ${number}`, 6)
const candidateId = ({ number }: Person): string => hexOf(`workable candidate ${number}`, 7)
const slugOf = (stage: string): string => stage.toLowerCase().replace(' ', '-')

export function refuse(status: number, detail: string): Reply {
  return { status, body: { error: status === 401 ? 'Not authorized' : detail } }
}

function showJob(job: Job, origin: string) {
  const url = `${origin}/jobs/${shortcode(job)}`
  return {
    id: jobId(job),
    title: job.title,
    full_title: `${job.title} - ${job.city}`,
    shortcode: shortcode(job),
    code: `REQ-${job.number}`,
    state: job.isOpen ? 'published' : 'archived',
    department: job.department,
    department_hierarchy: [{ id: job.departmentNumber, name: job.department }],
    url,
    application_url: `${url}/candidates/new`,
    shortlink: url,
    location: {
      location_str: `${job.city}, ${job.region}, France`,
      country: 'France',
      country_code: 'FR',
      region: job.region,
      region_code: null,
      city: job.city,
      zip_code: job.zip,
      telecommuting: job.isRemote,
    },
    created_at: iso(job.createdAt),
    updated_at: iso(job.updatedAt),
  }
}

const showWholeJob = (job: Job, origin: string) => ({
  ...showJob(job, origin),
  full_description: `${job.description}${job.requirements}`,
  description: job.description,
  requirements: job.requirements,
  benefits: '',
  employment_type: 'Full-time',
  industry: 'Services',
  function: job.department,
  experience: 'Associate',
  education: null,
  keywords: [],
})

function showListed(data: Data, person: Person, origin: string) {
  const job = jobOf(data, person)
  return {
    id: candidateId(person),
    name: fullName(person),
    firstname: person.firstName,
    lastname: person.lastName,
    headline: `${person.title}, ${person.employer}`,
    account: { subdomain: SUBDOMAIN, name: COMPANY },
    job: { shortcode: shortcode(job), title: job.title },
    stage: STAGES[person.stage] ?? STAGES[0],
    disqualified: person.isRejected,
    disqualification_reason: null,
    hired_at: null,
    sourced: false,
    profile_url: `${origin}/candidates/${candidateId(person)}`,
    address: `${person.city}, France`,
    phone: person.phone,
    email: person.email,
    domain: person.source,
    created_at: iso(person.createdAt),
    updated_at: iso(person.updatedAt),
  }
}

export function showCandidate(data: Data, person: Person, origin: string) {
  return {
    ...showListed(data, person, origin),
    image_url: null,
    outbound_mailbox: null,
    uploader_id: null,
    cover_letter: null,
    summary: `${person.title} in ${person.city}.`,
    education_entries: [{ degree: 'Master', school: person.school, field_of_study: null, end_date: null }],
    experience_entries: [{ title: person.title, company: person.employer, current: true, summary: null }],
    skills: person.skills.map((name) => ({ name })),
    answers: [],
    resume_url: resumeUrl(person, origin),
    social_profiles: [],
    tags: [],
    location: { country: 'France', country_code: 'FR', city: person.city },
  }
}

function listed<T extends { readonly id: string }>(call: Call, name: string, items: readonly T[]): Reply {
  const since = call.query.get('since_id')
  const from = since === null ? 0 : items.findIndex(({ id }) => id === since)
  if (from === -1) return refuse(422, 'since_id is not known')
  const { items: shown, next } = pageOf(items, from, sizeOf(call, 'limit', 50, 100))
  const query = new URLSearchParams(call.query)
  query.set('since_id', items[next ?? 0]?.id ?? '')
  const paging = next === null ? {} : { next: `${call.origin}${call.path}?${query}` }
  return { body: { [name]: shown, paging } }
}

function timeIn({ query }: Call, name: string): number {
  const text = query.get(name) ?? ''
  const at = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  return Number.isNaN(at) ? 0 : at
}

export const routesOf = (data: Data, happen: Happen): readonly Route[] => [
  ...jobs(data),
  ...candidates(data),
  creation(data, happen),
]

function jobs({ jobs: all }: Data): readonly Route[] {
  return [
    get(`${PREFIX}/jobs`, (call) => {
      const state = call.query.get('state')
      const [created, updated] = [timeIn(call, 'created_after'), timeIn(call, 'updated_after')]
      const wanted = all.filter(({ createdAt, updatedAt }) => createdAt >= created && updatedAt >= updated)
      const shown = wanted.map((job) => showJob(job, call.origin))
      return listed(
        call,
        'jobs',
        shown.filter((job) => state === null || job.state === state),
      )
    }),
    get(`${PREFIX}/jobs/:shortcode`, ({ params, origin }) => {
      const job = all.find((one) => shortcode(one) === params['shortcode'])
      return job === undefined ? refuse(404, 'Not found') : { body: showWholeJob(job, origin) }
    }),
    get(`${PREFIX}/stages`, () => ({
      body: { stages: STAGES.map((name, position) => ({ slug: slugOf(name), name, kind: 'assessment', position })) },
    })),
  ]
}

function candidates(data: Data): readonly Route[] {
  return [
    get(`${PREFIX}/candidates`, (call) => {
      const [email, code, stage] = ['email', 'shortcode', 'stage'].map((name) => call.query.get(name))
      const [created, updated] = [timeIn(call, 'created_after'), timeIn(call, 'updated_after')]
      const wanted = data.people.filter(
        (person) =>
          person.createdAt >= created &&
          person.updatedAt >= updated &&
          (email == null || person.email === email) &&
          (code == null || shortcode({ number: person.job }) === code) &&
          (stage == null || [STAGES[person.stage], slugOf(STAGES[person.stage] ?? '')].includes(stage)),
      )
      return listed(
        call,
        'candidates',
        wanted.map((person) => showListed(data, person, call.origin)),
      )
    }),
    get(`${PREFIX}/candidates/:id`, ({ params, origin }) => {
      const person = data.people.find((one) => candidateId(one) === params['id'])
      return person === undefined
        ? refuse(404, 'Not found')
        : { body: { candidate: showCandidate(data, person, origin) } }
    }),
  ]
}

function creation(data: Data, happen: Happen): Route {
  return post(`${PREFIX}/jobs/:shortcode/candidates`, ({ params, body, origin, now }) => {
    const job = data.jobs.find((one) => shortcode(one) === params['shortcode'])
    if (job === undefined) return refuse(404, 'Not found')
    const sent = objectOf(body['candidate'])
    const names = splitName(textOf(sent['name']))
    const firstName = textOf(sent['firstname']) || names.firstName
    const lastName = textOf(sent['lastname']) || names.lastName
    if (firstName === '' || lastName === '') return refuse(422, 'name is missing')
    const contact = { email: textOf(sent['email']), phone: textOf(sent['phone']) }
    const person = happen({ firstName, lastName, ...contact, job: job.number }, origin, now)
    return { status: 201, body: { status: 'created', candidate: showCandidate(data, person, origin) } }
  })
}
