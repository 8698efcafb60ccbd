const INTERNAL_ENDPOINT = 'https://storage.company.com/records'

type Settings = {
  API_KEY: string
  USER_EMAIL: string
  SOURCE_KEY: string
  INTERNAL_ENDPOINT?: string
  LAST_UID?: string
  HRFLOW_API_URL?: string
}

export default async function workflow(settings: Settings) {
  const query = new URLSearchParams({ last_uid: settings.LAST_UID ?? '' })
  const records = await get(`${settings.INTERNAL_ENDPOINT || INTERNAL_ENDPOINT}?${query}`)
  const { files, last_uid } = await records.json()

  for (const record of files) {
    const file = await get(record.file_url)
    const form = new FormData()
    form.set('source_key', settings.SOURCE_KEY)
    form.set('file', await file.blob(), 'resume.pdf')
    form.set('profile_content_type', 'application/pdf')
    form.set('reference', record.uid)
    const response = await fetch(`${settings.HRFLOW_API_URL || 'https://api.hrflow.ai/v1/'}profile/parsing/file`, {
      method: 'POST',
      headers: { 'X-API-KEY': settings.API_KEY, 'X-USER-EMAIL': settings.USER_EMAIL },
      body: form,
    })
    const parsing = await response.json()
    if (parsing.code >= 400) throw new Error(`HrFlow answered ${parsing.code}: ${parsing.message}`)
    console.log('Added', record.uid)
  }

  // The server commits settings of successful runs only, so a failed run asks for the same files again.
  settings.LAST_UID = last_uid
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response
}
