/** Posts one Slack message about the offers of Recruitee that closed since the last run. */
import { setTimeout as sleep } from 'node:timers/promises'

type Settings = {
  RECRUITEE_API_URL: string
  RECRUITEE_COMPANY_ID: string
  RECRUITEE_TOKEN: string
  SLACK_WEBHOOK_URL: string
  /** Title by id. */
  OPEN?: Record<string, string>
}
type Offer = { id: number; title: string; status: string }

export default async function workflow(settings: Settings) {
  const published = (await readOffers(settings)).filter(({ status }) => status === 'published')
  const present = Object.fromEntries(published.map(({ id, title }) => [String(id), title]))
  // Archived and deleted offers are no longer in the list.
  const closed = Object.entries(settings.OPEN ?? {}).flatMap(([id, title]) => (id in present ? [] : [title]))
  if (closed.length > 0) {
    const notice = await fetch(settings.SLACK_WEBHOOK_URL, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: `Jobs that have closed in Recruitee: ${closed.length}\n${closed.join('\n')}` }),
      signal: AbortSignal.timeout(20_000),
    })
    if (!notice.ok) throw new Error(`Slack answered ${notice.status}`)
  }

  settings.OPEN = present
  return `${closed.length} closed`
}

async function readOffers(settings: Settings): Promise<Offer[]> {
  for (;;) {
    const url = `${settings.RECRUITEE_API_URL}/c/${settings.RECRUITEE_COMPANY_ID}/offers?view_mode=brief`
    const response = await fetch(url, {
      headers: { Authorization: `Bearer ${settings.RECRUITEE_TOKEN}` },
      signal: AbortSignal.timeout(30_000),
    })
    if (response.ok) return (await response.json()).offers
    if (response.status !== 429) throw new Error(`Recruitee answered ${response.status}`)
    await sleep(5000)
  }
}
