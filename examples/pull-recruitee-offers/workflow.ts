/** Keeps a Board equal to the offers of a Recruitee careers site. */
import { Hrflow, HrflowError } from 'hrflow'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  BOARD_KEY: string
  RECRUITEE_URL: string
  OFFERS?: string[]
  HRFLOW_API_URL?: string
}

export default async function workflow(settings: Settings) {
  const response = await fetch(`${settings.RECRUITEE_URL}/api/offers`, { signal: AbortSignal.timeout(30_000) })
  if (!response.ok) throw new Error(`Recruitee answered ${response.status}`)
  const { offers } = await response.json()
  for (const offer of offers) await save(toHrflow(offer), settings)

  const present: string[] = offers.map((offer: { id: number }) => String(offer.id))
  const gone = (settings.OFFERS ?? []).filter((reference) => !present.includes(reference))
  for (const reference of gone) {
    await hrflow(settings).job.storing.archive({ boardKey: settings.BOARD_KEY, reference }).catch(ignoreMissing)
  }

  settings.OFFERS = present
  return `${present.length} saved, ${gone.length} archived`
}

function toHrflow(offer: Record<string, any>) {
  const parts = [
    ['description', 'Description'],
    ['requirements', 'Requirements'],
  ] as const
  return {
    reference: String(offer.id),
    name: offer.title,
    url: offer.careers_url,
    location: { text: offer.location },
    sections: parts.flatMap(([name, title]) => (offer[name] ? [{ name, title, description: offer[name] }] : [])),
  }
}

async function save(job: { reference: string }, settings: Settings): Promise<void> {
  const [client, boardKey] = [hrflow(settings), settings.BOARD_KEY]
  const found = await client.job.storing.get({ boardKey, reference: job.reference }).catch(ignoreRefusal)
  if (found === null) await client.job.storing.addJson({ boardKey, jobJson: job })
  else await client.job.storing.edit({ boardKey, jobJson: job })
}

/** Returns null if the API answered with an error, as for a job that the Board does not have. */
function ignoreRefusal(error: unknown): null {
  if (error instanceof HrflowError && error.code !== null) return null
  throw error
}

/** Archiving a job that the Board does not have is no failure. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof HrflowError) || error.code !== 404) throw error
}

function hrflow(settings: Settings): Hrflow {
  return new Hrflow({
    apiSecret: settings.API_KEY,
    apiUser: settings.USER_EMAIL,
    apiUrl: settings.HRFLOW_API_URL || undefined,
  })
}
