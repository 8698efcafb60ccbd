/**
 * Posts one Slack message about the candidates of Lever that are new since the last run.
 *
 * The connections lever and slack hold the sign-ins. Tokens of Slack need the scope chat:write.
 */
import { setTimeout as sleep } from 'node:timers/promises'

type Settings = {
  lever: { access_token: string }
  slack: { access_token: string }
  LEVER_API_URL: string
  SLACK_API_URL: string
  SLACK_CHANNEL: string
  CREATED_AFTER?: number
}
type Candidate = { name: string; headline: string; createdAt: number }

const MAX_NAMES = 10

export default async function workflow(settings: Settings) {
  // Milliseconds since 1970.
  const found = await newCandidates(settings.CREATED_AFTER ?? 0, settings)
  if (found.length === 0) return 'none'

  const names = found.slice(-MAX_NAMES).map(({ name, headline }) => `${name} (${headline})`)
  if (found.length > MAX_NAMES) names.push(`and ${found.length - MAX_NAMES} more`)
  await announce(`${found.length} new candidates in Lever:\n${names.join('\n')}`, settings)

  settings.CREATED_AFTER = Math.max(...found.map(({ createdAt }) => createdAt)) + 1
  return `${found.length} announced`
}

async function newCandidates(cursor: number, settings: Settings): Promise<Candidate[]> {
  const found: Candidate[] = []
  const query = new URLSearchParams({ created_at_start: String(cursor), limit: '100' })
  for (;;) {
    const page = await read(query, settings)
    found.push(...page.data)
    if (!page.hasNext) return found
    query.set('offset', page.next)
  }
}

async function read(query: URLSearchParams, settings: Settings): Promise<Record<string, any>> {
  for (;;) {
    const response = await fetch(`${settings.LEVER_API_URL}/v1/opportunities?${query}`, {
      headers: { Authorization: `Bearer ${settings.lever.access_token}` },
      signal: AbortSignal.timeout(30_000),
    })
    if (response.ok) return await response.json()
    // Lever allows 10 requests in a second.
    if (response.status !== 429) throw new Error(`Lever answered ${response.status}`)
    await sleep(1000)
  }
}

async function announce(text: string, settings: Settings): Promise<void> {
  const response = await fetch(`${settings.SLACK_API_URL}chat.postMessage`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${settings.slack.access_token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ channel: settings.SLACK_CHANNEL, text }),
    signal: AbortSignal.timeout(20_000),
  })
  if (!response.ok) throw new Error(`Slack answered ${response.status}`)
  // Slack answers most failures with the status 200.
  const { ok, error } = await response.json()
  if (!ok) throw new Error(`Slack answered ${error}`)
}
