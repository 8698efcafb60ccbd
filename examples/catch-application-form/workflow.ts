/** Receives an application form (multipart/form-data) with the resume as a file part named "resume". */
import { Hrflow } from 'hrflow'

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

  const client = new Hrflow({
    apiSecret: settings.API_KEY,
    apiUser: settings.USER_EMAIL,
    apiUrl: settings.HRFLOW_API_URL || undefined,
  })
  await client.profile.parsing.addFile({
    sourceKey: settings.SOURCE_KEY,
    profileFile: resume,
    profileContentType: resume.type,
    reference: request.email || undefined,
    tags: [
      { name: 'job_reference', value: request.job_reference ?? '' },
      { name: 'consent', value: true },
    ],
  })

  console.log('Received', resume.name, resume.size, 'bytes')
  return answer(200, { message: 'Thank you for your application.' })
}

const refuse = (message: string) => answer(400, { message })

const answer = (status_code: number, content: object) => ({
  status_code,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(content),
})
