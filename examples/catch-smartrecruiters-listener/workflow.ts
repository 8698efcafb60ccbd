/**
 * Listens to SmartRecruiters job events and keeps a HrFlow Board up to date.
 *
 * The caller check "SmartRecruiters" activates the subscription, and verifies the signature before this function runs.
 * SmartRecruiters expects 202 within 5 seconds for every event.
 */
import { Hrflow, HrflowError } from 'hrflow'

const SMARTRECRUITERS_API = 'https://api.smartrecruiters.com'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  BOARD_KEY: string
  SMARTRECRUITERS_TOKEN: string
  SMARTRECRUITERS_API_URL?: string
  HRFLOW_API_URL?: string
}

export default async function workflow(request: Record<string, any>, settings: Settings) {
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
  const client = new Hrflow({
    apiSecret: settings.API_KEY,
    apiUser: settings.USER_EMAIL,
    apiUrl: settings.HRFLOW_API_URL || undefined,
  })
  const boardKey = settings.BOARD_KEY
  const found = await client.job.storing.get({ boardKey, reference: job.reference }).catch(ignoreRefusal)
  if (found === null) await client.job.storing.addJson({ boardKey, jobJson: job })
  else await client.job.storing.edit({ boardKey, jobJson: job })
}

/** Returns null if the API answered with an error, as for a job that the Board does not have. */
function ignoreRefusal(error: unknown): null {
  if (error instanceof HrflowError && error.code !== null) return null
  throw error
}
