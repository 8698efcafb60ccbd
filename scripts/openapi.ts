/** Prints the API's OpenAPI document. */

import { readDocument } from './client/document.ts'

process.stdout.write(`${JSON.stringify(await readDocument(), null, 2)}\n`)
