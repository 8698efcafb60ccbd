/** Copies the candidates of SmartRecruiters that changed since the last run to Teamtailor. */
import { setTimeout as sleep } from 'node:timers/promises'

type Settings = {
  SMARTRECRUITERS_API_URL: string
  SMARTRECRUITERS_TOKEN: string
  TEAMTAILOR_API_URL: string
  TEAMTAILOR_API_KEY: string
  UPDATED_AFTER?: string
}

export default async function workflow(settings: Settings) {
  const cursor = settings.UPDATED_AFTER || '2000-01-01T00:00:00.000Z'
  let newest = cursor
  let copied = 0
  for await (const candidate of changedCandidates(cursor, settings)) {
    // Teamtailor finds the same person by the e-mail address.
    if (candidate.email) {
      await save(candidate, settings)
      copied += 1
    }
    if (candidate.updatedOn > newest) newest = candidate.updatedOn
  }

  // Kept only when the run succeeds, so a failed run starts again where the last good one ended.
  settings.UPDATED_AFTER = newest
  return `${copied} copied`
}

async function* changedCandidates(updatedAfter: string, settings: Settings): AsyncGenerator<Record<string, any>> {
  let page: Record<string, any> = {}
  do {
    const next = page.nextPageId ? { pageId: page.nextPageId } : {}
    const query = new URLSearchParams({ updatedAfter, limit: '100', ...next })
    page = await call(`${settings.SMARTRECRUITERS_API_URL}/candidates?${query}`, {
      headers: { 'X-SmartToken': settings.SMARTRECRUITERS_TOKEN },
    })
    yield* page.content
  } while (page.nextPageId)
}

async function save(candidate: Record<string, any>, settings: Settings): Promise<void> {
  const attributes = {
    'first-name': candidate.firstName,
    'last-name': candidate.lastName,
    email: candidate.email,
    phone: candidate.phoneNumber,
    merge: true,
  }
  await call(`${settings.TEAMTAILOR_API_URL}/v1/candidates`, {
    method: 'POST',
    headers: {
      Authorization: `Token token=${settings.TEAMTAILOR_API_KEY}`,
      'X-Api-Version': '20240904',
      'Content-Type': 'application/vnd.api+json',
    },
    body: JSON.stringify({ data: { type: 'candidates', attributes } }),
  })
}

async function call(url: string, fields: RequestInit): Promise<Record<string, any>> {
  for (;;) {
    const response = await fetch(url, { ...fields, signal: AbortSignal.timeout(30_000) })
    if (response.ok) return await response.json()
    // Both services answer 429 to more requests than they allow.
    if (response.status !== 429) throw new Error(`${new URL(url).host} answered ${response.status}`)
    await sleep(1000)
  }
}
