export type ExampleProperty = {
  name: string
  value: string
  secret: boolean
  isJson?: boolean
  /** In the demo: a twin, and `url` or a credential, such as `lever.api_key`. */
  twin?: string
}

/** The code reads the token under this name. */
export type ExampleConnection = {
  name: string
  service: string
  provider: string
  /** The service in the demo. */
  twin: string
}

export type SampleRequest = { headers: Record<string, string>; body: string }

export type Demo = {
  settings: readonly ExampleProperty[]
  file_url: string
  /** Only owners see the credentials. */
  twins: readonly { name: string; url: string; credentials: Readonly<Record<string, string>> | null }[]
}

const EXAMPLE_FILE = 'https://company.storage.fr/file/profile_1.doc'

export function withDemo<T extends { properties: ExampleProperty[]; sample_request?: SampleRequest }>(
  example: T,
  source: string,
  { settings, file_url, twins }: Demo,
): T {
  const own = example.properties.filter(({ twin }) => twin !== undefined)
  const read = settings.filter(
    ({ name }) => source.includes(`"${name}"`) && !own.some((property) => property.name === name),
  )
  const others = example.properties
    .filter(({ name }) => !read.some((setting) => setting.name === name))
    .map((property) => ({ ...property, value: twinValue(property.twin, twins) ?? property.value }))
  const sample = example.sample_request
  return {
    ...example,
    properties: [...read, ...others],
    sample_request: sample && { ...sample, body: sample.body.replace(EXAMPLE_FILE, file_url) },
  }
}

/** Null if the twin's credentials are unknown. */
export function demoConnection({ name, twin }: ExampleConnection, { twins }: Pick<Demo, 'twins'>) {
  const found = twins.find((one) => one.name === twin)?.credentials ?? {}
  const { client_id, client_secret, authorization_url, token_url } = found
  if (client_id === undefined || authorization_url === undefined || token_url === undefined) return null
  const client = { client_id, client_secret: client_secret ?? null, client_auth: 'body' as const }
  return { name, provider: 'oauth2', ...client, authorization_url, token_url }
}

function twinValue(twin: string | undefined, twins: Demo['twins']): string | undefined {
  const [name, field = ''] = twin?.split('.') ?? []
  const found = twins.find((one) => one.name === name)
  return field === 'url' ? found?.url : found?.credentials?.[field]
}
