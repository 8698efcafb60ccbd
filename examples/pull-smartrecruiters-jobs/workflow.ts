/** Copies the jobs of SmartRecruiters that changed since the last run into a Board. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Hrflow, HrflowError } from 'hrflow'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  BOARD_KEY: string
  SMARTRECRUITERS_API_URL: string
  SMARTRECRUITERS_TOKEN: string
  UPDATED_AFTER?: string
  HRFLOW_API_URL?: string
}

export default async function workflow(settings: Settings) {
  const cursor = settings.UPDATED_AFTER || '2000-01-01T00:00:00.000Z'
  let newest = cursor
  let [saved, archived] = [0, 0]
  for await (const job of changedJobs(cursor, settings)) {
    if (job.postingStatus === 'PUBLIC') {
      await save(toHrflow(await read(`/jobs/${job.id}`, {}, settings)), settings)
      saved += 1
    } else {
      await hrflow(settings)
        .job.storing.archive({ boardKey: settings.BOARD_KEY, reference: job.id })
        .catch(ignoreMissing)
      archived += 1
    }
    if (job.updatedOn > newest) newest = job.updatedOn
  }

  // Kept only when the run succeeds, so a failed run starts again where the last good one ended.
  settings.UPDATED_AFTER = newest
  return `${saved} saved, ${archived} archived`
}

async function* changedJobs(updatedAfter: string, settings: Settings): AsyncGenerator<Record<string, any>> {
  let page: Record<string, any> = {}
  do {
    const next = page.nextPageId ? { pageId: page.nextPageId } : {}
    page = await read('/jobs', { updatedAfter, limit: '100', ...next }, settings)
    yield* page.content
  } while (page.nextPageId)
}

async function read(path: string, query: Record<string, string>, settings: Settings): Promise<Record<string, any>> {
  for (;;) {
    const response = await fetch(`${settings.SMARTRECRUITERS_API_URL}${path}?${new URLSearchParams(query)}`, {
      headers: { 'X-SmartToken': settings.SMARTRECRUITERS_TOKEN },
      signal: AbortSignal.timeout(30_000),
    })
    if (response.ok) return await response.json()
    // SmartRecruiters allows 10 requests in a second.
    if (response.status !== 429) throw new Error(`SmartRecruiters answered ${response.status}`)
    await sleep(1000)
  }
}

function toHrflow(job: Record<string, any>) {
  const sections: [string, any][] = Object.entries(job.jobAd.sections)
  return {
    reference: job.id,
    name: job.title,
    location: { text: `${job.location.city}, ${job.location.country}` },
    sections: sections.flatMap(([name, section]) =>
      section.text ? [{ name, title: section.title, description: section.text }] : [],
    ),
  }
}

async function save(job: { reference: string }, settings: Settings): Promise<void> {
  const [client, boardKey] = [hrflow(settings), settings.BOARD_KEY]
  const found = await client.job.storing.get({ boardKey, reference: job.reference }).catch(ignoreRefusal)
  if (found === null) await client.job.storing.addJson({ boardKey, jobJson: job })
  else await client.job.storing.edit({ boardKey, jobJson: job })
}

/** Returns null if the API answered with an error, as for a job that the Board does not have. */
function ignoreRefusal(error: unknown): null {
  if (error instanceof HrflowError && error.code !== null) return null
  throw error
}

/** Archiving a job that the Board does not have is no failure. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof HrflowError) || error.code !== 404) throw error
}

function hrflow(settings: Settings): Hrflow {
  return new Hrflow({
    apiSecret: settings.API_KEY,
    apiUser: settings.USER_EMAIL,
    apiUrl: settings.HRFLOW_API_URL || undefined,
  })
}
