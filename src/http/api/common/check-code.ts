import { bytesOfFiles, type CodeText, FILE_LIMITS, validateFiles } from '../../../domain/modules/module-files.ts'
import { LIMITS } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import { parseText } from '../../wire/text.ts'

/** Throws `bad_request` or `payload_too_large`. */
export function checkCode({ source, files }: CodeText, runtime: string): void {
  parseText('source', source)
  if (Buffer.byteLength(source) > LIMITS.sourceBytes) {
    throw new UserError(
      'payload_too_large',
      `source: expected at most ${LIMITS.sourceBytes} bytes of UTF-8, found more.`,
    )
  }
  const problem = validateFiles(files, runtime)
  if (problem !== null) throw new UserError('bad_request', `${problem}.`)
  for (const [path, text] of Object.entries(files)) parseText(`files[${JSON.stringify(path)}]`, text)
  const bytes = bytesOfFiles(files)
  if (bytes > FILE_LIMITS.bytes) {
    throw new UserError(
      'payload_too_large',
      `files: expected at most ${FILE_LIMITS.bytes} bytes of UTF-8 in all, found ${bytes}.`,
    )
  }
}
