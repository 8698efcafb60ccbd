/** Limits time and bytes, and follows no redirects. */

import { request as requestHttps } from 'node:https'
import { guard } from '../../guard.ts'
import { request as requestHttp } from '../wire/node-http.ts'
import { type AddressRules, resolveTarget } from './addresses.ts'

const TIMEOUT_MS = 10_000

type Message = {
  /** Null sends a GET. */
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
  /** A longer answer is cut. */
  readonly maxAnswer: number
}

/** `body` is JSON. */
export async function sendJson(
  url: string,
  { body, headers, maxAnswer }: Message,
  rules: AddressRules,
): Promise<{ status: number; text: string }> {
  const target = new URL(url)
  const isHttps = target.protocol === 'https:'
  const port = target.port === '' ? (isHttps ? 443 : 80) : Number(target.port)
  const { address, family } = await resolveTarget(target.hostname, port, rules)
  const content = body === null ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
  return await new Promise((resolve, reject) => {
    const request = (isHttps ? requestHttps : requestHttp)(target, {
      method: body === null ? 'GET' : 'POST',
      headers: { ...content, 'User-Agent': 'Workflows', ...headers },
      lookup: (_name, options, callback) =>
        options.all ? callback(null, [{ address, family }]) : callback(null, address, family),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      agent: false,
    })
    const guarded = guard('a delivery', (error) => {
      reject(error)
      request.destroy()
    })
    request.once('error', reject)
    request.once(
      'response',
      guarded((response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on(
          'data',
          guarded((chunk: string) => {
            text += chunk
            if (text.length > maxAnswer) response.destroy()
          }),
        )
        response.once('error', () => {})
        response.once(
          'close',
          guarded(() => resolve({ status: response.statusCode ?? 0, text: text.slice(0, maxAnswer) })),
        )
      }),
    )
    request.end(body ?? undefined)
  })
}
