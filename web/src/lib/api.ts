/** The API, through its typed client. Its types are those of the server's own schemas. */

import { createClient } from '../../../client/index.ts'

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
} from '../../../client/index.ts'

let confirmIdentity = async (): Promise<boolean> => false

/** Sets what asks the person to sign in again; it resolves to whether they did. */
export function onReauthentication(ask: () => Promise<boolean>): void {
  confirmIdentity = ask
}

/** Some calls need a sign-in of a moment ago: the person signs in again, and the call is repeated. */
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

/** TanStack Query repeats what failed; a refused sign-in shows its message at once. */
export const api = createClient({ retries: 0, fetch: fetchWhenFresh })
