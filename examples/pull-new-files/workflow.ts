import { Hrflow } from 'hrflow'

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

  const client = new Hrflow({
    apiSecret: settings.API_KEY,
    apiUser: settings.USER_EMAIL,
    apiUrl: settings.HRFLOW_API_URL || undefined,
  })
  for (const record of files) {
    const file = await get(record.file_url)
    // An error of the API is thrown.
    await client.profile.parsing.addFile({
      sourceKey: settings.SOURCE_KEY,
      profileFile: await file.blob(),
      profileContentType: 'application/pdf',
      reference: record.uid,
    })
    console.log('Added', record.uid)
  }

  // A failed run stores no settings, so the next run requests the same files.
  settings.LAST_UID = last_uid
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response
}
