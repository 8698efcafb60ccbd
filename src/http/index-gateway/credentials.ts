export type Credentials = Readonly<Record<string, string>>

/** `other`: for a URL without credentials. */
export function splitCredentials(
  text: string,
  other: { user: string; password: string } | null = null,
): { readonly url: string; readonly authorization: string | null } {
  const url = new URL(text)
  const user = decodeURIComponent(url.username)
  const password = decodeURIComponent(url.password)
  url.username = ''
  url.password = ''
  const found = user === '' && password === '' ? other : { user, password }
  return { url: url.href, authorization: found === null ? null : basicOf(found.user, found.password) }
}

export const basicOf = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

export function authorizationFor(url: string, credentials: Credentials): string | null {
  const fitting = Object.keys(credentials).filter((start) => url.startsWith(start.endsWith('/') ? start : `${start}/`))
  const [longest] = fitting.sort((a, b) => b.length - a.length)
  return longest === undefined ? null : (credentials[longest] ?? null)
}
