/**
 * Posts one Slack message about the candidates of Lever without activity for DAYS, without their names.
 *
 * Each run posts the whole number, so that the message comes again until the candidates are deleted or anonymized.
 */
import { setTimeout as sleep } from 'node:timers/promises'

type Settings = {
  LEVER_API_URL: string
  LEVER_API_KEY: string
  DAYS: string
  SLACK_WEBHOOK_URL: string
}
type Candidate = { lastInteractionAt: number; isAnonymized?: boolean; urls: { show: string } }

const MAX_LINKS = 20

export default async function workflow(settings: Settings) {
  const limit = Date.now() - Number(settings.DAYS) * 86_400_000
  const all = await readCandidates(settings)
  const stale = all.filter(({ lastInteractionAt, isAnonymized }) => lastInteractionAt < limit && !isAnonymized)
  if (stale.length === 0) return 'none'

  // The oldest first.
  stale.sort((one, other) => one.lastInteractionAt - other.lastInteractionAt)
  const links = stale.slice(0, MAX_LINKS).map(({ urls }) => urls.show)
  if (stale.length > MAX_LINKS) links.push(`and ${stale.length - MAX_LINKS} more`)
  const text = `Candidates in Lever without activity for ${settings.DAYS} days: ${stale.length}\n${links.join('\n')}`
  const notice = await fetch(settings.SLACK_WEBHOOK_URL, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ text }),
    signal: AbortSignal.timeout(20_000),
  })
  if (!notice.ok) throw new Error(`Slack answered ${notice.status}`)
  return `${stale.length} stale`
}

async function readCandidates(settings: Settings): Promise<Candidate[]> {
  const found: Candidate[] = []
  const query = new URLSearchParams({ limit: '100' })
  for (;;) {
    const page = await read(query, settings)
    found.push(...page.data)
    if (!page.hasNext) return found
    query.set('offset', page.next)
  }
}

async function read(query: URLSearchParams, settings: Settings): Promise<Record<string, any>> {
  const authorization = `Basic ${Buffer.from(`${settings.LEVER_API_KEY}:`).toString('base64')}`
  for (;;) {
    const response = await fetch(`${settings.LEVER_API_URL}/v1/opportunities?${query}`, {
      headers: { authorization },
      signal: AbortSignal.timeout(30_000),
    })
    if (response.ok) return await response.json()
    // Lever allows 10 requests in a second.
    if (response.status !== 429) throw new Error(`Lever answered ${response.status}`)
    await sleep(1000)
  }
}
