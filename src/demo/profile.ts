import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'

export type Upload = { readonly name: string; readonly type: string; readonly bytes: Buffer }

const MAX_STREAMS = 20
const MAX_TEXT = 256 * 1024

const NAMES = ['Ada Martin', 'Louis Bernard', 'Inès Moreau', 'Hugo Petit', 'Léa Garcia', 'Noah Laurent'] as const
const TITLES = ['Data Engineer', 'Registered Nurse', 'Account Manager', 'Warehouse Lead', 'UX Designer'] as const
const COMPANIES = ['Nordwind', 'Atelier Lumen', 'Groupe Sana', 'Meridian Logistics', 'Studio Carmin'] as const
const CITIES = ['Paris', 'Lyon', 'Nantes', 'Lille', 'Bordeaux'] as const
const SKILLS = ['Python', 'SQL', 'Project management', 'Customer care', 'Figma', 'First aid', 'Negotiation'] as const

export function profileOf(upload: Upload, sourceKey: string, reference: string | null, at: string) {
  const digest = createHash('sha1').update(upload.bytes).digest()
  const pick = <T>(list: readonly T[], index: number): T => list[(digest[index] ?? 0) % list.length] as T
  const text = textOf(upload)
  const email = /(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/.exec(text)?.[0]
  const phone = /\+?\d[\d ().-]{7,16}\d/.exec(text)?.[0]
  const full_name = nameIn(text) ?? pick(NAMES, 0)
  const [first_name = full_name, ...others] = full_name.split(' ')
  const city = pick(CITIES, 1)
  return {
    key: digest.toString('hex'),
    reference,
    source: { key: sourceKey },
    created_at: at,
    info: {
      full_name,
      first_name,
      last_name: others.join(' '),
      email:
        email ??
        `${full_name
          .toLowerCase()
          .normalize('NFD')
          .replace(/[^a-z]+/g, '.')}@example.com`,
      phone: phone ?? '+33 1 99 00 12 34',
      location: { text: `${city}, France` },
      summary: `${pick(TITLES, 2)} in ${city}.`,
    },
    experiences: [3, 4].map((index) => ({
      title: pick(TITLES, index),
      company: pick(COMPANIES, index + 2),
      location: { text: pick(CITIES, index + 4) },
      date_start: `${2014 + ((digest[index] ?? 0) % 5)}-09-01T00:00:00`,
      date_end: index === 3 ? null : '2020-06-30T00:00:00',
    })),
    educations: [{ title: 'Master', school: `University of ${pick(CITIES, 9)}`, date_end: '2014-06-30T00:00:00' }],
    skills: [...new Set([10, 11, 12].map((index) => pick(SKILLS, index)))].map((name) => ({ name, type: 'hard' })),
    languages: [
      { name: 'French', value: 'native' },
      { name: 'English', value: 'fluent' },
    ],
    attachments: [{ original_file_name: upload.name, type: 'resume' }],
    text: text.slice(0, 2000),
  }
}

function nameIn(text: string): string | undefined {
  const lines = text.split(/\r?\n/, 8).map((line) => line.trim())
  return lines.find((line) => /^\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+){1,2}$/u.test(line))
}

function textOf({ type, bytes }: Upload): string {
  if (!type.includes('pdf') && !bytes.subarray(0, 5).equals(Buffer.from('%PDF-'))) {
    return type.startsWith('text/') ? bytes.toString('utf8').slice(0, MAX_TEXT) : ''
  }
  return streamsOf(bytes)
    .flatMap((stream) =>
      [...stream.matchAll(/\(((?:\\.|[^\\()]){0,1000})\)\s{0,10}(?:Tj|'|")/g)].map(([, shown = '']) => shown),
    )
    .map((shown) => shown.replace(/\\([()\\])/g, '$1'))
    .join('\n')
    .slice(0, MAX_TEXT)
}

function streamsOf(bytes: Buffer): readonly string[] {
  const streams: string[] = []
  let at = bytes.indexOf('stream')
  while (at !== -1 && streams.length < MAX_STREAMS) {
    const start = at + 'stream'.length + (bytes[at + 6] === 13 ? 2 : 1)
    const end = bytes.indexOf('endstream', start)
    if (end === -1) break
    const content = bytes.subarray(start, end)
    try {
      streams.push(inflateSync(content, { maxOutputLength: MAX_TEXT }).toString('latin1'))
    } catch {
      streams.push(content.subarray(0, MAX_TEXT).toString('latin1'))
    }
    at = bytes.indexOf('stream', end + 'endstream'.length)
  }
  return streams
}
