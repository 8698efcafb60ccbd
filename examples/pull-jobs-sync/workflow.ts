/**
 * Copies jobs that changed since the last run from your ATS into a HrFlow Board, page by page.
 *
 * The endpoint is asked with ?updated_after=…&page=… and answers
 * {"jobs": [{"id", "title", "location", "description", "url", "updated_at", "closed"}], "has_more": true}.
 */
import { Hrflow, HrflowError } from 'hrflow'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  BOARD_KEY: string
  ATS_JOBS_URL: string
  ATS_TOKEN: string
  UPDATED_AFTER?: string
  HRFLOW_API_URL?: string
}
type Job = {
  id: string | number
  title: string
  location?: string
  description?: string
  url?: string
  updated_at: string
  closed?: boolean
}

export default async function workflow(settings: Settings) {
  const client = new Hrflow({
    apiSecret: settings.API_KEY,
    apiUser: settings.USER_EMAIL,
    apiUrl: settings.HRFLOW_API_URL || undefined,
  })
  const boardKey = settings.BOARD_KEY
  const cursor = settings.UPDATED_AFTER ?? ''
  let newest = cursor
  let [saved, archived] = [0, 0]

  for await (const job of changedJobs(settings, cursor)) {
    if (job.closed) {
      await client.job.storing.archive({ boardKey, reference: String(job.id) }).catch(ignoreMissing)
      archived += 1
    } else {
      await save(client, boardKey, job)
      saved += 1
    }
    if (job.updated_at > newest) newest = job.updated_at
  }

  // Kept only when the run succeeds, so a failed run starts again where the last good one ended.
  settings.UPDATED_AFTER = newest
  return `${saved} saved, ${archived} archived`
}

async function* changedJobs(settings: Settings, updatedAfter: string): AsyncGenerator<Job> {
  for (let page = 1; ; page += 1) {
    const query = new URLSearchParams({ updated_after: updatedAfter, page: String(page) })
    const response = await fetch(`${settings.ATS_JOBS_URL}?${query}`, {
      headers: { Authorization: `Bearer ${settings.ATS_TOKEN}` },
      signal: AbortSignal.timeout(30_000),
    })
    if (!response.ok) throw new Error(`The ATS answered ${response.status}`)
    const { jobs, has_more } = await response.json()
    console.log('Page', page, 'has', jobs.length, 'jobs')
    yield* jobs
    if (!has_more) return
  }
}

async function save(client: Hrflow, boardKey: string, job: Job): Promise<void> {
  const jobJson = {
    reference: String(job.id),
    name: job.title,
    url: job.url,
    location: { text: job.location ?? '' },
    sections: [{ name: 'description', title: 'Description', description: job.description }],
  }
  const found = await client.job.storing.get({ boardKey, reference: jobJson.reference }).catch(ignoreRefusal)
  if (found === null) await client.job.storing.addJson({ boardKey, jobJson })
  else await client.job.storing.edit({ boardKey, jobJson })
}

/** Returns null if the API answered with an error, as for a job that the Board does not have. */
function ignoreRefusal(error: unknown): null {
  if (error instanceof HrflowError && error.code !== null) return null
  throw error
}

/** A closed job that the Board does not have is no failure. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof HrflowError) || error.code !== 404) throw error
}
