import { readDocument } from './client/document.ts'

process.stdout.write(`${JSON.stringify(await readDocument(), null, 2)}\n`)
