/**
 * Parses the resume of each new application of Greenhouse into a Source, and announces it in Slack.
 *
 * The function announces nothing if SLACK_WEBHOOK_URL is empty.
 * The caller check "Greenhouse" verifies the signature before this function runs.
 */
import { Hrflow } from 'hrflow'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  SOURCE_KEY: string
  HRFLOW_API_URL?: string
  SLACK_WEBHOOK_URL?: string
}

export default async function workflow(request: Record<string, any>, settings: Settings) {
  // Greenhouse sends a ping when the webhook is saved.
  if (request.action !== 'new_candidate_application') return { status_code: 200, body: 'ignored' }

  const { application } = request.payload
  const resume = application.candidate.attachments.find((file: { type: string }) => file.type === 'resume')
  if (resume === undefined) {
    console.log('Application', application.id, 'has no resume')
    return { status_code: 200, body: 'no resume' }
  }

  const tags = application.jobs.map((job: { name: string }) => ({ name: 'job', value: job.name }))
  const profile = await parse(resume.url, `greenhouse-${application.id}`, tags, settings)
  await announce(profile.info.full_name, application.jobs, settings)
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

async function announce(name: string, jobs: { name: string }[], settings: Settings): Promise<void> {
  if (!settings.SLACK_WEBHOOK_URL) return
  const titles = jobs.map((job) => job.name).join(', ')
  const response = await fetch(settings.SLACK_WEBHOOK_URL, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ text: `New application: ${name} for ${titles}` }),
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok) throw new Error(`Slack answered ${response.status}`)
}

function hrflow(settings: Settings): Hrflow {
  return new Hrflow({
    apiSecret: settings.API_KEY,
    apiUser: settings.USER_EMAIL,
    apiUrl: settings.HRFLOW_API_URL || undefined,
  })
}
