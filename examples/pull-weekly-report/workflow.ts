/** Posts the week of SmartRecruiters to Slack: open jobs, and new candidates by job and status. */
import { setTimeout as sleep } from 'node:timers/promises'

type Settings = {
  SMARTRECRUITERS_API_URL: string
  SMARTRECRUITERS_TOKEN: string
  SLACK_WEBHOOK_URL: string
}

const WEEK_MS = 7 * 86_400_000

export default async function workflow(settings: Settings) {
  const since = new Date(Date.now() - WEEK_MS).toISOString()
  const { totalFound } = await read('/jobs', { postingStatus: 'PUBLIC', limit: '1' }, settings)
  const counts = new Map<string, number>()
  let total = 0
  for await (const candidate of changedCandidates(since, settings)) {
    if (candidate.createdOn < since) continue
    const { job, status } = candidate.primaryAssignment ?? { job: { title: 'No job' }, status: 'LEAD' }
    const place = `${job.title}, ${status}`
    counts.set(place, (counts.get(place) ?? 0) + 1)
    total += 1
  }

  const first = `${totalFound} open jobs, ${total} new candidates in the last 7 days`
  const lines = [...counts].map(([place, count]) => `${place}: ${count}`).sort()
  const notice = await fetch(settings.SLACK_WEBHOOK_URL, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ text: [first, ...lines].join('\n') }),
    signal: AbortSignal.timeout(20_000),
  })
  if (!notice.ok) throw new Error(`Slack answered ${notice.status}`)
  return first
}

async function* changedCandidates(updatedAfter: string, settings: Settings): AsyncGenerator<Record<string, any>> {
  let page: Record<string, any> = {}
  do {
    const next = page.nextPageId ? { pageId: page.nextPageId } : {}
    // A new candidate has changed, too. The API has no filter for the time of creation.
    page = await read('/candidates', { updatedAfter, limit: '100', ...next }, settings)
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
