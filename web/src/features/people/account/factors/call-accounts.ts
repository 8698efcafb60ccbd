import { api } from '../../../../lib/client/api.ts'

/** better-auth's routes are not in the API's document. */
export async function callAccounts<T>(path: `/${string}`, body?: object, signal?: AbortSignal): Promise<T> {
  const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await api.fetch(`/api/auth${path}`, { ...(body === undefined ? {} : json), signal })
  return await response.json()
}
