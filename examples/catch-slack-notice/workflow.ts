/**
 * Posts a notice to Slack when HrFlow has parsed a profile (event profile.parsing.success).
 *
 * A profile is announced once: senders repeat an event when an answer gets lost.
 */
const REMEMBERED = 500

type Settings = WorkflowSettings & { SLACK_WEBHOOK_URL: string; SOURCE_KEY?: string; ANNOUNCED?: string[] }

export default async function workflow(request: Record<string, any>, settings: Settings) {
  if (request.type !== 'profile.parsing.success') {
    console.log('Ignored event', request.type)
    return
  }

  const { profile } = request
  const source = profile.source?.key
  if (settings.SOURCE_KEY && source !== settings.SOURCE_KEY) {
    console.log('Ignored source', source)
    return
  }

  // Kept only when the run succeeds. Events of other profiles at the same time are kept too.
  if (!settings.add('ANNOUNCED', profile.key)) {
    console.log('Already announced', profile.key)
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
  for (const old of (settings.ANNOUNCED ?? []).slice(0, -REMEMBERED)) settings.discard('ANNOUNCED', old)
  console.log('Announced', profile.key)
}
