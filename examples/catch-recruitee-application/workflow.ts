/**
 * Parses the resume of each new candidate of Recruitee into a Source.
 *
 * The caller check "Recruitee" verifies the signature before this function runs.
 */
import { Hrflow } from 'hrflow'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  SOURCE_KEY: string
  HRFLOW_API_URL?: string
}

export default async function workflow(request: Record<string, any>, settings: Settings) {
  // Recruitee sends {"test": true} when the webhook is saved, and with made-up candidates.
  if (request.test || request.event_type !== 'new_candidate') return { status_code: 200, body: 'ignored' }

  const { candidate, offers } = request.payload
  if (!candidate.cv_url) {
    console.log('Candidate', candidate.id, 'has no resume')
    return { status_code: 200, body: 'no resume' }
  }

  const tags = (offers ?? []).map((offer: { title: string }) => ({ name: 'job', value: offer.title }))
  const profile = await parse(candidate.cv_url, `recruitee-${candidate.id}`, tags, settings)
  return Response.json({ reference: profile.reference, name: profile.info.full_name })
}

type Tag = { name: string; value: string }

async function parse(url: string, reference: string, tags: Tag[], settings: Settings): Promise<Record<string, any>> {
  const download = await fetch(url, { signal: AbortSignal.timeout(20_000) })
  if (!download.ok) throw new Error(`The resume answered ${download.status}`)
  const { data } = await hrflow(settings).profile.parsing.addFile({
    sourceKey: settings.SOURCE_KEY,
    profileFile: await download.blob(),
    profileContentType: 'application/pdf',
    reference,
    tags,
  })
  return data as Record<string, any>
}

function hrflow(settings: Settings): Hrflow {
  return new Hrflow({
    apiSecret: settings.API_KEY,
    apiUser: settings.USER_EMAIL,
    apiUrl: settings.HRFLOW_API_URL || undefined,
  })
}
