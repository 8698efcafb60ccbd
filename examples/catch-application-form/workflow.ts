/** Receives an application form (multipart/form-data) with the resume as a file part named "resume". */
const ALLOWED_TYPES = [
  'application/pdf',
  'application/msword',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
]

type Settings = { API_KEY: string; USER_EMAIL: string; SOURCE_KEY: string; HRFLOW_API_URL?: string }

export default async function workflow(request: Record<string, any>, settings: Settings) {
  const { resume } = request
  if (!(resume instanceof File)) return refuse("Send the resume as a file in the field 'resume'.")
  if (!ALLOWED_TYPES.includes(resume.type)) return refuse(`The resume must be a PDF or Word file, not ${resume.type}.`)
  if (!['true', 'on', 'yes', '1'].includes(request.consent)) {
    return refuse('The candidate must consent before the resume is stored.')
  }

  const form = new FormData()
  form.set('source_key', settings.SOURCE_KEY)
  form.set('file', resume, resume.name)
  form.set('profile_content_type', resume.type)
  if (request.email) form.set('reference', request.email)
  form.set(
    'tags',
    JSON.stringify([
      { name: 'job_reference', value: request.job_reference ?? '' },
      { name: 'consent', value: true },
    ]),
  )
  await parse(form, settings)

  console.log('Received', resume.name, resume.size, 'bytes')
  return answer(200, { message: 'Thank you for your application.' })
}

async function parse(form: FormData, settings: Settings): Promise<void> {
  const response = await fetch(`${settings.HRFLOW_API_URL || 'https://api.hrflow.ai/v1/'}profile/parsing/file`, {
    method: 'POST',
    headers: { 'X-API-KEY': settings.API_KEY, 'X-USER-EMAIL': settings.USER_EMAIL },
    body: form,
  })
  const parsing = await response.json()
  if (parsing.code >= 400) throw new Error(`HrFlow answered ${parsing.code}: ${parsing.message}`)
}

const refuse = (message: string) => answer(400, { message })

const answer = (status_code: number, content: object) => ({
  status_code,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(content),
})
