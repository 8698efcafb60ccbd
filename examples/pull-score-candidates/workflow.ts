/** Scores the new candidates of Teamtailor by keywords, and posts the best ones to Slack. Rejects no candidate. */
import { setTimeout as sleep } from 'node:timers/promises'

type Settings = {
  TEAMTAILOR_API_URL: string
  TEAMTAILOR_API_KEY: string
  KEYWORDS: string
  SLACK_WEBHOOK_URL: string
  CREATED_AFTER?: string
}
type Candidate = {
  'first-name': string
  'last-name': string
  'created-at': string
  pitch: string | null
  tags: string[]
}

const BEST = 5

export default async function workflow(settings: Settings) {
  const cursor = settings.CREATED_AFTER || '2000-01-01T00:00:00.000Z'
  const found = await newCandidates(cursor, settings)
  if (found.length === 0) return 'none'

  const keywords = settings.KEYWORDS.split(',').flatMap((word) => word.trim().toLowerCase() || [])
  const scored = found.map((candidate) => ({ candidate, points: score(candidate, keywords) }))
  const best = scored.filter(({ points }) => points > 0).sort((one, other) => other.points - one.points)
  best.splice(BEST)
  if (best.length > 0) {
    const lines = best.map(
      ({ candidate, points }) => `${points}/${keywords.length}: ${candidate['first-name']} ${candidate['last-name']}`,
    )
    await notify(`The best of ${found.length} new candidates in Teamtailor:\n${lines.join('\n')}`, settings)
  }

  settings.CREATED_AFTER = found
    .map((candidate) => candidate['created-at'])
    .sort()
    .at(-1)
  return `${best.length} of ${found.length} announced`
}

/** The score depends on skills alone. Names, photos and addresses do not count. */
function score({ tags, pitch }: Candidate, keywords: string[]): number {
  const text = [...tags, pitch ?? ''].join(' ').toLowerCase()
  return keywords.filter((word) => text.includes(word)).length
}

async function newCandidates(cursor: string, settings: Settings): Promise<Candidate[]> {
  const found: Candidate[] = []
  const query = new URLSearchParams({ 'filter[created-at][from]': cursor, 'page[size]': '30' })
  let url = `${settings.TEAMTAILOR_API_URL}/v1/candidates?${query}`
  while (url) {
    const { data, links } = await read(url, settings)
    // The filter includes the time of the cursor itself.
    for (const { attributes } of data) if (attributes['created-at'] > cursor) found.push(attributes)
    url = links.next
  }
  return found
}

async function read(url: string, settings: Settings): Promise<Record<string, any>> {
  const headers = { Authorization: `Token token=${settings.TEAMTAILOR_API_KEY}`, 'X-Api-Version': '20240904' }
  for (;;) {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(30_000) })
    if (response.ok) return await response.json()
    // Teamtailor allows 50 requests in 10 seconds.
    if (response.status !== 429) throw new Error(`Teamtailor answered ${response.status}`)
    await sleep(1000)
  }
}

async function notify(text: string, settings: Settings): Promise<void> {
  const notice = await fetch(settings.SLACK_WEBHOOK_URL, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ text }),
    signal: AbortSignal.timeout(20_000),
  })
  if (!notice.ok) throw new Error(`Slack answered ${notice.status}`)
}
