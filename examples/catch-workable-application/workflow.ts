/**
 * Parses the resume of each new candidate of Workable into a Source.
 *
 * The caller check "Workable" verifies the signature before this function runs.
 */
import { Hrflow } from 'hrflow'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  SOURCE_KEY: string
  HRFLOW_API_URL?: string
}

export default async function workflow(request: Record<string, any>, settings: Settings) {
  if (request.event_type !== 'candidate_created') return { status_code: 200, body: 'ignored' }

  const { id, resume_url, job } = request.data
  if (!resume_url) {
    console.log('Candidate', id, 'has no resume')
    return { status_code: 200, body: 'no resume' }
  }

  const tags = job ? [{ name: 'job', value: job.title }] : []
  const profile = await parse(resume_url, `workable-${id}`, tags, settings)
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
