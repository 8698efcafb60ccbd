/**
 * Screens an application by rules, and lets a person agree before the candidate is turned down.
 *
 * The workflow's field decisions has the outcomes, and names who oversees them:
 * {"outcomes": ["invite", "reject"], "oversight": {"outcomes": ["reject"], "reviewers": ["owners"]}}
 * The person who deployed this within 24 hours may not answer: name another reviewer there.
 */
import { decide, step } from 'workflows'

const WANTED = ['python', 'sql']

export default async function workflow(request: any, settings: any) {
  const years = Number(request.years ?? 0)
  const skills: string[] = (request.skills ?? []).map((skill: string) => skill.toLowerCase())
  const minimum = Number(settings.MINIMUM_YEARS ?? 3)
  const missing = WANTED.filter((skill) => !skills.includes(skill))

  // An outcome that needs a person ends the process here. What the person chose comes back.
  const outcome = await decide({
    subject: request.email,
    outcome: years >= minimum && missing.length === 0 ? 'invite' : 'reject',
    reasons: [
      `${years} years of experience; at least ${minimum} are asked for`,
      missing.length === 0 ? 'All skills that are asked for' : `Skills that are missing: ${missing.join(', ')}`,
    ],
    inputs: { years, skills },
    // Only counted in the impact table. The rules above do not see it.
    attributes: { sex: request.sex ?? null },
  })

  // Told once, whatever crashes: the other service can use the key to ignore a repetition.
  await step('tell the ATS', () => tell(settings.NOTIFY_URL, request.id, outcome))
  return { status_code: 200, body: outcome }
}

async function tell(url: string | undefined, id: string, outcome: string) {
  if (!url) return console.log('NOTIFY_URL is not set:', outcome)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': step.key },
    body: JSON.stringify({ id, outcome }),
  })
  if (!response.ok) throw new Error(`The ATS answered ${response.status}`)
}
