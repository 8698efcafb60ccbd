/** Parses the resumes of new Workable candidates into a Source, a few in each run. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Hrflow } from 'hrflow'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  SOURCE_KEY: string
  WORKABLE_API_URL: string
  WORKABLE_TOKEN: string
  LAST?: { id: string; created_at: string }
  HRFLOW_API_URL?: string
}

/** Workable allows 10 requests in 10 seconds: one for the list, and one for each candidate. */
const BATCH = 5

export default async function workflow(settings: Settings) {
  let last = settings.LAST ?? { id: '', created_at: '2000-01-01T00:00:00Z' }
  // The list begins at the time of the last candidate, and contains that one.
  const query = { created_after: last.created_at, limit: String(BATCH + 1) }
  const { candidates } = await read('/candidates', query, settings)
  const fresh = candidates.filter(({ id }: { id: string }) => id !== last.id).slice(0, BATCH)

  let parsed = 0
  for (const { id } of fresh) {
    const { candidate } = await read(`/candidates/${id}`, {}, settings)
    if (!candidate.job) console.log('Skipped candidate', candidate.id, 'without a job')
    else if (candidate.resume_url) {
      const tags = [{ name: 'job', value: candidate.job.title }]
      await parse(candidate.resume_url, `workable-${candidate.id}`, tags, settings)
      parsed += 1
    }
    last = { id: candidate.id, created_at: candidate.created_at }
  }

  settings.LAST = last
  return `${parsed} parsed`
}

async function read(path: string, query: Record<string, string>, settings: Settings): Promise<Record<string, any>> {
  for (;;) {
    const response = await fetch(`${settings.WORKABLE_API_URL}/spi/v3${path}?${new URLSearchParams(query)}`, {
      headers: { Authorization: `Bearer ${settings.WORKABLE_TOKEN}` },
      signal: AbortSignal.timeout(30_000),
    })
    if (response.ok) return await response.json()
    // Another program with the same token may have used the limit.
    if (response.status !== 429) throw new Error(`Workable answered ${response.status}`)
    await sleep(1000)
  }
}

type Tag = { name: string; value: string }

async function parse(url: string, reference: string, tags: Tag[], settings: Settings): Promise<Record<string, any>> {
  const download = await fetch(url, { signal: AbortSignal.timeout(20_000) })
  if (!download.ok) throw new Error(`The resume answered ${download.status}`)
  const { data } = await hrflow(settings).profile.parsing.addFile({
    sourceKey: settings.SOURCE_KEY,
    profileFile: await download.blob(),
    profileContentType: 'application/pdf',
    reference,
    tags,
  })
  return data as Record<string, any>
}

function hrflow(settings: Settings): Hrflow {
  return new Hrflow({
    apiSecret: settings.API_KEY,
    apiUser: settings.USER_EMAIL,
    apiUrl: settings.HRFLOW_API_URL || undefined,
  })
}
