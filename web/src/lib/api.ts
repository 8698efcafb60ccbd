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

/** TanStack Query repeats what failed; a refused sign-in shows its message at once. */
export const api = createClient({ retries: 0 })
