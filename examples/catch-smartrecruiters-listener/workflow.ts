/**
 * Listens to SmartRecruiters job events and keeps a HrFlow Board up to date.
 *
 * SmartRecruiters activates a subscription by a POST with X-Hook-Secret that must be
 * echoed, and expects 202 within 5 seconds for every event.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

const SMARTRECRUITERS_API = 'https://api.smartrecruiters.com'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  BOARD_KEY: string
  SMARTRECRUITERS_SECRET: string
  SMARTRECRUITERS_TOKEN: string
  SMARTRECRUITERS_API_URL?: string
  HRFLOW_API_URL?: string
}

export default async function workflow(request: Record<string, any>, settings: Settings) {
  const handshake = request.headers['X-Hook-Secret']
  if (handshake !== undefined) return { status_code: 200, headers: { 'X-Hook-Secret': handshake }, body: '' }

  if (!isSigned(request, settings.SMARTRECRUITERS_SECRET)) {
    return { status_code: 401, body: 'The signature does not match.' }
  }

  const event = request.headers['event-name'] ?? ''
  if (!event.startsWith('job.')) {
    console.log('Ignored event', event)
    return { status_code: 202, body: '' }
  }

  const job = await fetchJob(request.id, settings)
  await saveJob(toHrflow(job), settings)
  console.log('Saved job', job.id, 'for', event)
  return { status_code: 202, body: '' }
}

function isSigned(request: Record<string, any>, secret: string): boolean {
  const expected = Buffer.from(createHmac('sha256', secret).update(request.body).digest('hex'))
  const found = Buffer.from(request.headers['smartrecruiters-signature'] ?? '')
  return found.length === expected.length && timingSafeEqual(found, expected)
}

async function fetchJob(id: string, settings: Settings): Promise<Record<string, any>> {
  const response = await fetch(`${settings.SMARTRECRUITERS_API_URL || SMARTRECRUITERS_API}/jobs/${id}`, {
    headers: { 'X-SmartToken': settings.SMARTRECRUITERS_TOKEN },
    signal: AbortSignal.timeout(3000),
  })
  if (!response.ok) throw new Error(`SmartRecruiters answered ${response.status}`)
  return await response.json()
}

function toHrflow(job: Record<string, any>) {
  const sections: [string, any][] = Object.entries(job.jobAd?.sections ?? {})
  return {
    reference: job.id,
    name: job.title || 'Untitled',
    location: { text: [job.location?.city, job.location?.country].filter(Boolean).join(', ') },
    sections: sections.flatMap(([name, section]) =>
      section?.text ? [{ name, title: section.title, description: section.text }] : [],
    ),
    tags: [{ name: 'status', value: job.status }],
  }
}

async function saveJob(job: { reference: string }, settings: Settings): Promise<void> {
  const query = new URLSearchParams({ board_key: settings.BOARD_KEY, reference: job.reference })
  const found = await callHrflow(settings, 'GET', `job/indexing?${query}`)
  const method = found.code === 200 ? 'PUT' : 'POST'
  const result = await callHrflow(settings, method, 'job/indexing', { ...job, board_key: settings.BOARD_KEY })
  if (result.code >= 400) throw new Error(`HrFlow answered ${result.code}: ${result.message}`)
}

async function callHrflow(settings: Settings, method: string, path: string, body?: object): Promise<any> {
  const response = await fetch(`${settings.HRFLOW_API_URL || 'https://api.hrflow.ai/v1/'}${path}`, {
    method,
    headers: {
      'X-API-KEY': settings.API_KEY,
      'X-USER-EMAIL': settings.USER_EMAIL,
      'Content-Type': 'application/json',
    },
    body: body && JSON.stringify(body),
  })
  return await response.json()
}
