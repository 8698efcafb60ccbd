/**
 * Parses the resume of each new application of Teamtailor into a Source.
 *
 * The caller check "Teamtailor" verifies the signature before this function runs.
 */
import { Hrflow } from 'hrflow'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  SOURCE_KEY: string
  HRFLOW_API_URL?: string
}

export default async function workflow(request: Record<string, any>, settings: Settings) {
  const { event_name, data: application } = request.payload
  if (event_name !== 'job_application.create') return { status_code: 200, body: 'ignored' }

  const { resume } = application.candidate
  if (!resume) {
    console.log('Application', application.id, 'has no resume')
    return { status_code: 200, body: 'no resume' }
  }

  const tags = [{ name: 'job', value: application.job_id }]
  const profile = await parse(resume, `teamtailor-${application.id}`, tags, settings)
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
