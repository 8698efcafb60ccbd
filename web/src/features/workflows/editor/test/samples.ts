import { BLANKS, EXAMPLES } from '../../../../lib/examples.ts'
import { BLANK, type FilePart, fromExample, type TestRequest } from './test-request.ts'

export type Sample = { readonly title: string; readonly load: () => Promise<TestRequest> }

const KEY = '0123456789abcdef0123456789abcdef01234567'
const SOURCE = 'fedcba9876543210fedcba9876543210fedcba98'

const PROFILE_PARSED = {
  type: 'profile.parsing.success',
  origin: 'api',
  message: 'Profile parsing succeeded',
  profile: { key: KEY, source: { key: SOURCE } },
}
const JOB_STORED = {
  type: 'job.parsing.success',
  origin: 'web',
  message: 'Job parsing succeeded',
  job: { key: KEY, board: { key: SOURCE } },
}
const PROFILE_FAILED = {
  type: 'profile.parsing.error',
  origin: 'api',
  message: 'Profile parsing failed',
  profile: { key: KEY, source: { key: SOURCE } },
}

const json = (title: string, value: unknown, headers = ''): Sample => ({
  title,
  load: async () => ({ ...BLANK, headers, body: JSON.stringify(value, null, 2) }),
})

const resume = (name: string): FilePart => ({ name, type: 'application/pdf', base64: btoa(writePdf('Jane Doe')) })

export const SAMPLES: readonly { group: string; samples: readonly Sample[] }[] = [
  {
    group: 'HrFlow events',
    samples: [
      json('Profile parsed', PROFILE_PARSED),
      json('Profile parsing failed', PROFILE_FAILED),
      json('Job parsed', JOB_STORED),
      json('Several events in one call', [PROFILE_PARSED, JOB_STORED]),
    ],
  },
  {
    group: 'Forms and mail',
    samples: [
      { title: 'Application form with a resume', load: async () => APPLICATION },
      { title: 'Email with an attachment', load: async () => EMAIL },
    ],
  },
  {
    group: 'From the examples',
    samples: [BLANKS.catch, ...EXAMPLES].flatMap(({ title, sample_request: sample }) =>
      sample === undefined ? [] : [{ title, load: () => fromExample(sample) }],
    ),
  },
]

const APPLICATION: TestRequest = {
  ...BLANK,
  form: 'multipart',
  fields: [
    { name: 'first_name', value: 'Jane' },
    { name: 'last_name', value: 'Doe' },
    { name: 'email', value: 'jane@example.com' },
    { name: 'job_reference', value: 'JOB-42' },
    { name: 'consent', value: 'yes' },
    { name: 'resume', value: '', file: resume('jane-doe.pdf') },
  ],
}

const EMAIL: TestRequest = {
  ...BLANK,
  form: 'multipart',
  fields: [
    { name: 'from', value: 'Jane Doe <jane@example.com>' },
    { name: 'to', value: 'jobs@example.com' },
    { name: 'subject', value: 'Application as a nurse (JOB-42)' },
    { name: 'text', value: 'Dear team,\n\nplease find my resume attached.\n\nJane Doe' },
    { name: 'headers', value: 'Message-ID: <42@example.com>\nDate: Mon, 2 Nov 2026 09:00:00 +0000' },
    { name: 'envelope', value: '{"to":["jobs@example.com"],"from":"jane@example.com"}' },
    { name: 'attachments', value: '1' },
    {
      name: 'attachment-info',
      value: '{"attachment1":{"filename":"resume.pdf","name":"resume.pdf","type":"application/pdf"}}',
    },
    { name: 'attachment1', value: '', file: resume('resume.pdf') },
  ],
}

/** A valid page with one line, which parsers accept. */
function writePdf(line: string): string {
  const text = `BT /F1 24 Tf 72 760 Td (${line}) Tj ET`
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>',
    `<</Length ${text.length}>>\nstream\n${text}\nendstream`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
  ]
  let pdf = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const offset = pdf.length
    pdf += `${index + 1} 0 obj\n${object}\nendobj\n`
    return `${String(offset).padStart(10, '0')} 00000 n \n`
  })
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`
  return `${pdf}${table}trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${pdf.length}\n%%EOF\n`
}
