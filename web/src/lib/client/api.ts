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

/** Resolves to true after a sign-in. */
export function onReauthentication(ask: () => Promise<boolean>): void {
  confirmIdentity = ask
}

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

/** TanStack Query retries, and a refused sign-in shows its message immediately. */
export const api = createClient({ retries: 0, fetch: fetchWhenFresh })
