import { SegmentedControl, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { t } from '../../../lib/i18n/t.ts'
import { bytes } from '../../../lib/numbers.ts'
import { isForm, readForm } from '../../../lib/requests/runs/read-form.ts'
import type { RunRequest } from '../../../lib/requests/runs/run.ts'
import { getBody, inlineBytes } from '../../../lib/requests/runs/run-body.ts'
import { bodyText, visible } from '../../../lib/text.ts'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { HeaderTable } from '../../../lib/ui/runs/header-table.tsx'
import { BodyView } from '../../../lib/ui/runs/hrflow/body-view.tsx'
import { LargeBody } from '../../../lib/ui/runs/large-body.tsx'
import { TextBlock } from '../../../lib/ui/text/text-block.tsx'
import { FieldTable, FileLine } from './field-table.tsx'

/** Larger bodies load on request. */
const MAX_AT_ONCE = 2 * 1024 * 1024

type Props = { runId: string; request: RunRequest }

export function RequestView({ runId, request }: Props) {
  return (
    <Stack gap="sm">
      <Text className="mono wrap">
        {request.method} {visible(request.url)}
      </Text>
      <HeaderTable headers={request.headers} />
      {request.body === '' ? (
        <Text size="sm" c="dimmed">
          {t('Empty body')}
        </Text>
      ) : (
        <Body runId={runId} request={request} />
      )}
    </Stack>
  )
}

function Body({ runId, request }: Props) {
  const type = request.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  const isBinary = request.body_encoding === 'base64'
  if (isForm(type)) return <FormBody runId={runId} request={request} type={type} />
  if (request.body === null) return <LargeBody runId={runId} part="request" size={request.body_bytes ?? 0} />
  if (!isBinary) return <BodyView label={t('Body')} text={bodyText(request.body, request.headers)} />
  const file = new File([inlineBytes(request) ?? new Uint8Array()], `${runId}-request`, { type })
  return <FileLine file={file} />
}

function FormBody({ runId, request, type }: Props & { type: string }) {
  const [isRaw, setRaw] = useState(false)
  const [wanted, setWanted] = useState(false)
  const size = request.body_bytes ?? 0
  const isLoaded = request.body !== null || wanted || size <= MAX_AT_ONCE
  const fields = useQuery({
    queryKey: queryKeys.formFields(runId),
    queryFn: async () => await readForm(inlineBytes(request) ?? (await getBody(runId, 'request')), type),
    enabled: isLoaded,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (fields.error !== null) return <LoadError of={fields} />
  if (!isLoaded || fields.data === undefined) {
    const isLoading = isLoaded && fields.isPending
    return <LargeBody runId={runId} part="request" size={size} onLoad={() => setWanted(true)} isLoading={isLoading} />
  }
  if (fields.data === null) return <RawBody runId={runId} request={request} />
  return (
    <Stack gap="xs" align="flex-start">
      <SegmentedControl
        size="xs"
        aria-label={t('Body shown as')}
        value={isRaw ? 'raw' : 'fields'}
        onChange={(value) => setRaw(value === 'raw')}
        data={[
          { value: 'fields', label: t('Fields') },
          { value: 'raw', label: t('Raw') },
        ]}
      />
      <div style={{ width: '100%' }}>
        {isRaw ? <RawBody runId={runId} request={request} /> : <FieldTable fields={fields.data} />}
      </div>
    </Stack>
  )
}

function RawBody({ runId, request: { body, body_encoding, body_bytes = 0 } }: Props) {
  if (body === null) return <LargeBody runId={runId} part="request" size={body_bytes} />
  return <TextBlock label={t('Body')} text={body_encoding === 'base64' ? binaryNote(body) : body} />
}

const binaryNote = (base64: string): string =>
  t('{bytes} of binary data, as base64:\n{base64}', { bytes: bytes(Math.floor((base64.length * 3) / 4)), base64 })
