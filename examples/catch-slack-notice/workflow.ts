/**
 * Posts a notice to Slack when HrFlow has parsed a profile (event profile.parsing.success).
 *
 * A profile is announced once: senders repeat an event when an answer gets lost.
 */
const REMEMBERED = 500

type Settings = { SLACK_WEBHOOK_URL: string; SOURCE_KEY?: string; ANNOUNCED?: string[] }

export default async function workflow(request: Record<string, any>, settings: Settings) {
  if (request.type !== 'profile.parsing.success') {
    console.log('Ignored event', request.type)
    return
  }

  const { profile } = request
  const announced = settings.ANNOUNCED ?? []
  if (announced.includes(profile.key)) {
    console.log('Already announced', profile.key)
    return
  }

  const source = profile.source?.key
  if (settings.SOURCE_KEY && source !== settings.SOURCE_KEY) {
    console.log('Ignored source', source)
    return
  }

  const name = profile.info?.full_name || 'A new candidate'
  const response = await fetch(settings.SLACK_WEBHOOK_URL, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ text: `${name} has been parsed (profile ${profile.key}).` }),
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok) throw new Error(`Slack answered ${response.status}`)
  settings.ANNOUNCED = [...announced, profile.key].slice(-REMEMBERED)
  console.log('Announced', profile.key)
}
