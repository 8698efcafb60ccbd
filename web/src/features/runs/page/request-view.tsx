import { Stack, Text } from '@mantine/core'
import { bytes } from '../../../lib/numbers.ts'
import type { RunRequest } from '../../../lib/requests/runs/run.ts'
import { bodyText, visible } from '../../../lib/text.ts'
import { HeaderTable } from '../../../lib/ui/runs/header-table.tsx'
import { TextBlock } from '../../../lib/ui/text/text-block.tsx'

/** The request, exactly as received. */
export function RequestView({ request }: { request: RunRequest }) {
  const headers = request.headers
  const isBinary = request.body_encoding === 'base64'
  return (
    <Stack gap="sm">
      <Text className="mono wrap">
        {request.method} {visible(request.url)}
      </Text>
      <HeaderTable headers={headers} />
      {request.body === '' ? (
        <Text size="sm" c="dimmed">
          Empty body
        </Text>
      ) : (
        <TextBlock label="Body" text={isBinary ? binaryNote(request.body) : bodyText(request.body, headers)} />
      )}
    </Stack>
  )
}

const binaryNote = (base64: string): string =>
  `${bytes(Math.floor((base64.length * 3) / 4))} of binary data, as base64:\n${base64}`
