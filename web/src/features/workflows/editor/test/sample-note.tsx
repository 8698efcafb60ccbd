import { Button, Group, Text } from '@mantine/core'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../../../lib/notices/notify.ts'
import { type SampleRequest, usePutSample } from '../../../../lib/requests/sample-request.ts'
import { HelpLink } from '../../../../lib/ui/help/help-link.tsx'
import { type TestRequest, toApiRequest } from './test-request.ts'

const ORIGINS: Readonly<Record<SampleRequest['source'], string>> = {
  code: t('Sample request, made from what the code reads.'),
  run: t('Sample request of this workflow, from a run.'),
  person: t('Sample request of this workflow.'),
  sender: t('Sample request of this workflow, as the sender sends it.'),
}

type Props = {
  workflowId: string
  request: TestRequest
  origin: SampleRequest['source'] | null
  onReset: () => void
}

export function SampleNote({ workflowId, request, origin, onReset }: Props) {
  const put = usePutSample(workflowId)
  const keep = async () => {
    await put.mutateAsync({ ...(await toApiRequest(request)), source: 'person' })
    notifyDone(t('Sample request saved. Tests and the curl commands send it.'))
    onReset()
  }
  const forget = () => put.mutate({ source: 'code' }, { onError: notifyError })
  return (
    <Group gap="xs">
      <Group gap={4} wrap="nowrap">
        <Text size="xs" c="dimmed">
          {origin === null ? t('Changed request.') : ORIGINS[origin]}
        </Text>
        <HelpLink about="sample_request" />
      </Group>
      {origin === null ? (
        <>
          <Button
            size="compact-xs"
            variant="default"
            loading={put.isPending}
            onClick={() => void keep().catch(notifyError)}
          >
            {t('Save as the sample request')}
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={onReset}>
            {t('Back to the sample request')}
          </Button>
        </>
      ) : null}
      {origin === null || origin === 'code' ? null : (
        <Button size="compact-xs" variant="subtle" color="gray" loading={put.isPending} onClick={forget}>
          {t('Make it from the code')}
        </Button>
      )}
    </Group>
  )
}
