/**
 * Copies jobs that changed since the last run from your ATS into a HrFlow Board, page by page.
 *
 * The endpoint is asked with ?updated_after=…&page=… and answers
 * {"jobs": [{"id", "title", "location", "description", "url", "updated_at", "closed"}], "has_more": true}.
 */
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
  const cursor = settings.UPDATED_AFTER ?? ''
  let newest = cursor
  let [saved, archived] = [0, 0]

  for await (const job of changedJobs(settings, cursor)) {
    if (job.closed) {
      const closed = { board_key: settings.BOARD_KEY, reference: String(job.id), is_archive: 1 }
      check(await callHrflow(settings, 'PATCH', 'job/indexing/archive', closed), 404)
      archived += 1
    } else {
      await save(settings, job)
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

async function save(settings: Settings, job: Job): Promise<void> {
  const content = {
    board_key: settings.BOARD_KEY,
    reference: String(job.id),
    name: job.title,
    url: job.url,
    location: { text: job.location ?? '' },
    sections: [{ name: 'description', title: 'Description', description: job.description }],
  }
  const query = new URLSearchParams({ board_key: settings.BOARD_KEY, reference: content.reference })
  const found = await callHrflow(settings, 'GET', `job/indexing?${query}`)
  check(await callHrflow(settings, found.code === 200 ? 'PUT' : 'POST', 'job/indexing', content))
}

function check(result: { code: number; message: string }, ...accepted: number[]): void {
  if (result.code >= 400 && !accepted.includes(result.code)) {
    throw new Error(`HrFlow answered ${result.code}: ${result.message}`)
  }
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
