import { createHash } from 'node:crypto'
import { type Random, seededRandom } from './random.ts'
import { DEPARTMENTS, EMPLOYERS, FIRST_NAMES, LAST_NAMES, PLACES, ROLES, SCHOOLS, SOURCES, STAGES } from './words.ts'

export type Job = {
  readonly number: number
  readonly title: string
  readonly department: string
  readonly departmentNumber: number
  readonly city: string
  readonly region: string
  readonly zip: string
  readonly description: string
  readonly requirements: string
  readonly isOpen: boolean
  readonly isRemote: boolean
  readonly minSalary: number
  readonly maxSalary: number
  readonly createdAt: number
  readonly updatedAt: number
}

export type Person = {
  readonly number: number
  readonly firstName: string
  readonly lastName: string
  readonly email: string
  readonly phone: string
  readonly title: string
  readonly employer: string
  readonly school: string
  readonly skills: readonly string[]
  readonly city: string
  readonly source: string
  /** The job that the person applied for. */
  readonly job: number
  /** Index into STAGES. */
  readonly stage: number
  readonly isRejected: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

export type NewPerson = Partial<
  Pick<Person, 'firstName' | 'lastName' | 'email' | 'phone' | 'title' | 'employer' | 'source' | 'job' | 'stage'>
>

export type Data = {
  readonly jobs: readonly Job[]
  readonly people: readonly Person[]
  /** Texts are cut at 200 characters. Missing fields are made up. */
  add(fields: NewPerson, now: number): Person
}

const JOBS = 24
const PEOPLE = 60
const MAX_TEXT = 200
/** Above it, a new person replaces the oldest added one. */
const MAX_PEOPLE = 500
const HOUR_MS = 3_600_000
const START = Date.UTC(2026, 0, 5, 8)

export function createData(): Data {
  const random = seededRandom(2026)
  const jobs = Array.from({ length: JOBS }, (_, index) => makeJob(random, index + 1))
  const people: Person[] = []
  for (let number = 1; number <= PEOPLE; number += 1) {
    people.push(makePerson(random, number, jobs, {}, START + number * 11 * HOUR_MS))
  }
  let last = PEOPLE
  return {
    jobs,
    people,
    add(fields, now) {
      last += 1
      if (people.length >= MAX_PEOPLE) people.splice(PEOPLE, 1)
      const person = makePerson(random, last, jobs, { stage: 0, ...cut(fields) }, now)
      people.push(person)
      return person
    },
  }
}

const cut = (fields: NewPerson): NewPerson =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, MAX_TEXT) : value]),
  )

function makeJob(random: Random, number: number): Job {
  const { title, department, skills } = random.pick(ROLES)
  const { city, region, zip } = random.pick(PLACES)
  const createdAt = START + number * 5 * HOUR_MS
  const minSalary = 28_000 + random.below(20) * 1000
  return {
    number,
    title,
    department,
    departmentNumber: DEPARTMENTS.indexOf(department) + 1,
    city,
    region,
    zip,
    description: `<p>${title} in ${city}, in the department ${department}.</p>`,
    requirements: `<ul>${skills.map((skill) => `<li>${skill}</li>`).join('')}</ul>`,
    isOpen: random.below(6) > 0,
    isRemote: random.below(4) === 0,
    minSalary,
    maxSalary: minSalary + 12_000,
    createdAt,
    updatedAt: createdAt + random.below(400) * HOUR_MS,
  }
}

function makePerson(random: Random, number: number, jobs: readonly Job[], given: NewPerson, at: number): Person {
  const role = random.pick(ROLES)
  const firstName = given.firstName || random.pick(FIRST_NAMES)
  const lastName = given.lastName || random.pick(LAST_NAMES)
  const stage = given.stage ?? random.below(STAGES.length)
  const skip = random.below(role.skills.length)
  const isKnown = jobs.some((job) => job.number === given.job)
  const made = {
    email: `${plain(firstName)}.${plain(lastName)}.${number}@example.com`,
    phone: `+33 1 99 00 ${two(random.below(100))} ${two(random.below(100))}`,
    employer: random.pick(EMPLOYERS),
    source: random.pick(SOURCES),
    job: random.pick(jobs).number,
  }
  return {
    number,
    firstName,
    lastName,
    email: given.email || made.email,
    phone: given.phone || made.phone,
    title: given.title || role.title,
    employer: given.employer || made.employer,
    school: random.pick(SCHOOLS),
    skills: role.skills.filter((_, index) => index !== skip),
    city: random.pick(PLACES).city,
    source: given.source || made.source,
    job: isKnown ? (given.job ?? made.job) : made.job,
    stage,
    isRejected: stage > 0 && random.below(4) === 0,
    createdAt: at,
    updatedAt: at + stage * 20 * HOUR_MS,
  }
}

const two = (number: number): string => String(number).padStart(2, '0')
const plain = (name: string): string =>
  name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '')

export function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const hexOf = (name: string, digits: number): string =>
  createHash('sha256').update(name).digest('hex').slice(0, digits)

export function splitName(name: string): { readonly firstName: string; readonly lastName: string } {
  const [firstName = '', ...others] = name.split(' ')
  return { firstName, lastName: others.join(' ') }
}

export const resumeUrl = ({ number }: Person, origin: string): string => `${origin}/files/resume-${number}.pdf`

export const fullName = ({ firstName, lastName }: Person): string => `${firstName} ${lastName}`

export const iso = (at: number): string => new Date(at).toISOString()
export const isoSeconds = (at: number): string => iso(at).replace(/\.\d{3}Z$/, 'Z')

export function jobOf({ jobs }: Data, person: Person): Job {
  return jobs.find(({ number }) => number === person.job) ?? (jobs[0] as Job)
}
