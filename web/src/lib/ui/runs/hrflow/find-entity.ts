type Fields = Readonly<Record<string, unknown>>

export type Line = { readonly title: string; readonly about: string; readonly dates: string }

export type Entity = {
  readonly kind: 'profile' | 'job'
  readonly name: string
  readonly facts: readonly string[]
  readonly summary: string
  readonly experiences: readonly Line[]
  readonly educations: readonly Line[]
  readonly skills: readonly string[]
  /** Omitted entries. */
  readonly more: number
}

/** Parsing takes about 10 ms per megabyte. */
const MAX_TEXT = 2 * 1024 * 1024
const MAX_LINES = 8
const MAX_SKILLS = 24
const MAX_LENGTH = 500

/** Null unless the JSON is or directly holds a profile or a job. */
export function findEntity(text: string): Entity | null {
  if (text.length > MAX_TEXT || !/^\s*\{/.test(text)) return null
  try {
    const found: unknown = JSON.parse(text)
    return candidatesOf(found).reduce<Entity | null>((known, one) => known ?? readProfile(one) ?? readJob(one), null)
  } catch {
    return null
  }
}

function candidatesOf(value: unknown): readonly Fields[] {
  const fields = fieldsOf(value)
  const data = fieldsOf(fields['data'])
  return [fields, fields['profile'], fields['job'], data, data['profile'], data['job']].map(fieldsOf)
}

function readProfile(fields: Fields): Entity | null {
  const info = fieldsOf(fields['info'])
  const name = textOf(info['full_name']) || [info['first_name'], info['last_name']].map(textOf).join(' ').trim()
  const hasLists = ['experiences', 'educations', 'skills'].some((key) => Array.isArray(fields[key]))
  if (!hasLists || (name === '' && textOf(info['email']) === '')) return null
  const [experiences, educations] = [listOf(fields['experiences']), listOf(fields['educations'])]
  const skills = namesOf(fields['skills'])
  return {
    kind: 'profile',
    name: name || textOf(info['email']),
    facts: [info['email'], info['phone'], fieldsOf(info['location'])['text']].map(textOf).filter(Boolean),
    summary: textOf(info['summary']),
    experiences: experiences.slice(0, MAX_LINES).map((one) => lineOf(one, 'company')),
    educations: educations.slice(0, MAX_LINES).map((one) => lineOf(one, 'school')),
    skills: skills.slice(0, MAX_SKILLS),
    more: rest(experiences, MAX_LINES) + rest(educations, MAX_LINES) + rest(skills, MAX_SKILLS),
  }
}

function readJob(fields: Fields): Entity | null {
  const name = textOf(fields['name'])
  const isJob = ['sections', 'skills', 'ranges_float', 'ranges_date'].some((key) => Array.isArray(fields[key]))
  const board = fieldsOf(fields['board'])
  if (name === '' || !(isJob && (fields['location'] !== undefined || fields['board_key'] !== undefined))) return null
  const [sections, skills] = [listOf(fields['sections']), namesOf(fields['skills'])]
  return {
    kind: 'job',
    name,
    facts: [fields['reference'], fieldsOf(fields['location'])['text'], board['name']].map(textOf).filter(Boolean),
    summary: textOf(fields['summary']),
    experiences: sections.slice(0, MAX_LINES).map((one) => ({
      title: textOf(one['title']) || textOf(one['name']),
      about: textOf(one['description']),
      dates: '',
    })),
    educations: [],
    skills: skills.slice(0, MAX_SKILLS),
    more: rest(sections, MAX_LINES) + rest(skills, MAX_SKILLS),
  }
}

function lineOf(fields: Fields, place: string): Line {
  const location = fieldsOf(fields['location'])
  const about = [fields[place], location['text']].map(textOf).filter(Boolean).join(', ')
  const dates = [fields['date_start'], fields['date_end']].map((date) => textOf(date).slice(0, 7))
  const [start, end] = dates
  return { title: textOf(fields['title']), about, dates: start ? `${start} – ${end}` : (end ?? '') }
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : [])
const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, MAX_LENGTH) : '')
const namesOf = (value: unknown): readonly string[] =>
  listOf(value)
    .map((one) => textOf(one['name']))
    .filter(Boolean)
const rest = (list: readonly unknown[], most: number): number => Math.max(0, list.length - most)
