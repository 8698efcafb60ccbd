import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import { type Answer, readAnswer, type TestServer } from './server.ts'

export function zip(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(files).map(
    ([path, data]) => [path, typeof data === 'string' ? strToU8(data) : data] as const,
  )
  return new Uint8Array(zipSync(Object.fromEntries(entries)))
}

/** Returns the files as text, in their order. */
export function unzip(bytes: Uint8Array): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(unzipSync(bytes)).map(([path, data]) => [path, strFromU8(data)]))
}

export async function sendZip<T = Record<string, unknown>>(
  server: Pick<TestServer, 'url' | 'apiKey'>,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Answer<T>> {
  const headers = { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/zip' }
  return await readAnswer<T>(await fetch(new URL(path, server.url), { method: 'POST', headers, body: bytes }))
}

export async function exportZip(
  server: Pick<TestServer, 'url' | 'apiKey'>,
  workflowId: string,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly headers: Headers }> {
  const headers = { authorization: `Bearer ${server.apiKey}` }
  const response = await fetch(new URL(`/api/workflows/${workflowId}/export`, server.url), { headers })
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (response.status !== 200) throw new Error(`expected status 200, found ${response.status}: ${strFromU8(bytes)}`)
  return { bytes, headers: response.headers }
}
