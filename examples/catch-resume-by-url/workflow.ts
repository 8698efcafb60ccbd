import { Hrflow } from 'hrflow'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  SOURCE_KEY: string
  OTHER_SERVICE_URL: string
  HRFLOW_API_URL?: string
}

export default async function workflow(request: Record<string, any>, settings: Settings) {
  // Download the resume that the sender names in the body.
  const download = await fetch(request.file_url, { signal: AbortSignal.timeout(20_000) })
  if (!download.ok) throw new Error(`${request.file_url} answered ${download.status}`)

  // Parse it into the Source. An error of the API is thrown.
  const client = new Hrflow({
    apiSecret: settings.API_KEY,
    apiUser: settings.USER_EMAIL,
    apiUrl: settings.HRFLOW_API_URL || undefined,
  })
  const parsing = await client.profile.parsing.addFile({
    sourceKey: settings.SOURCE_KEY,
    profileFile: await download.blob(),
    profileContentType: 'application/pdf',
    reference: 'profile_reference',
  })

  // Tell the other service and pass its id on to the caller.
  const notice = await fetch(settings.OTHER_SERVICE_URL, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(parsing.data),
    signal: AbortSignal.timeout(20_000),
  })
  const { id } = await notice.json()

  return Response.json({ id }, { status: 201 })
}
