import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api, prettyJson } from '../../lib/client/api.ts'
import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { TextBlock } from '../../lib/ui/text/text-block.tsx'
import type { Privacy } from './rule-row.tsx'

export function PrivacyPreview({ workflow: { id }, privacy }: { workflow: Workflow; privacy: Privacy }) {
  const preview = useMutation({
    mutationFn: () => api.post('/api/workflows/{id}/privacy/preview', { path: { id }, body: { privacy } }),
  })
  const { data } = preview
  return (
    <Stack gap="sm">
      <Group>
        <Button variant="default" loading={preview.isPending} onClick={() => preview.mutate()}>
          {t('Preview with the newest request')}
        </Button>
      </Group>
      {preview.error === null ? null : <LoadError error={preview.error} />}
      {data === undefined ? null : data.request === null ? (
        <Text size="sm" c="dimmed">
          {t('No request yet. Call the hook once, then look again.')}
        </Text>
      ) : (
        <div>
          <Text size="sm" c="dimmed" mb={4} role="status">
            {sayWhat(data)}
          </Text>
          <TextBlock
            text={[
              ...data.request.headers.map(([name, value]) => `${name}: ${value}`),
              '',
              prettyJson(data.request.body ?? ''),
            ].join('\n')}
            label={t('Request as it would be stored')}
          />
        </div>
      )}
    </Stack>
  )
}

/** In an already redacted request, no match says nothing about the rules. */
function sayWhat({ changed, redacted }: { readonly changed: boolean; readonly redacted: boolean }): string {
  if (!redacted) return changed ? t('So it would be stored:') : t('These rules find nothing in it:')
  return changed
    ? t('Personal data were removed from this request when it was stored. These rules change more of it:')
    : t('Personal data were removed from this request when it was stored. These rules change nothing else in it:')
}
