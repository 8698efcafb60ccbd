import { createClient } from '../../../../client/index.ts'

export {
  type Answer,
  ApiError,
  addressOf,
  type Body,
  type Input,
  type JsonText,
  prettyJson,
  type Schemas,
  type StreamEvent,
} from '../../../../client/index.ts'

let confirmIdentity = async (): Promise<boolean> => false

/** `ask` resolves to whether the person signed in. */
export function onReauthentication(ask: () => Promise<boolean>): void {
  confirmIdentity = ask
}

/** After a sign-in, the call is repeated. */
const fetchWhenFresh: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  if (response.status !== 403) return response
  const problem: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  const isStale =
    typeof problem === 'object' && problem !== null && 'code' in problem && problem.code === 'reauthentication_required'
  return isStale && (await confirmIdentity()) ? await fetchWhenFresh(input, init) : response
}

/** TanStack Query retries failures, and a refused sign-in must show its message immediately. */
export const api = createClient({ retries: 0, fetch: fetchWhenFresh })
