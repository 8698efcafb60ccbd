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

  // Parse it into the Source.
  const form = new FormData()
  form.set('source_key', settings.SOURCE_KEY)
  form.set('file', await download.blob(), 'resume.pdf')
  form.set('profile_content_type', 'application/pdf')
  form.set('reference', 'profile_reference')
  const answer = await fetch(`${settings.HRFLOW_API_URL || 'https://api.hrflow.ai/v1/'}profile/parsing/file`, {
    method: 'POST',
    headers: { 'X-API-KEY': settings.API_KEY, 'X-USER-EMAIL': settings.USER_EMAIL },
    body: form,
  })
  const parsing = await answer.json()
  if (parsing.code >= 400) throw new Error(`HrFlow answered ${parsing.code}: ${parsing.message}`)

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
