import { SegmentedControl, Stack, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { t } from '../../../lib/i18n/t.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { useSample } from '../../../lib/requests/sample-request.ts'
import { CopyIcon } from '../../../lib/ui/controls/copy-button.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { TextBlock } from '../../../lib/ui/text/text-block.tsx'
import { BLANK, fromSample, type TestRequest } from '../editor/test/test-request.ts'
import { CURL_FORMS, type CurlForm, curlCommand, curlFormOf } from './curl.ts'
import classes from './overview.module.css'

const CHECKED = t('Callers are verified. Create a signed command under Settings, Who may call.')

export function HookPanel({ workflow }: { workflow: Workflow }) {
  const [chosen, setForm] = useState<CurlForm | null>(null)
  const request = useSampleCommand(workflow)
  const form = chosen ?? curlFormOf(request)
  const isGet = request.form === 'get'
  const url = workflow.hook_url
  const isChecked = (workflow.sender_check?.scheme ?? 'none') !== 'none'
  if (url === null) return <CoveredHook />
  return (
    <Panel title={t('Hook URL')}>
      <Stack gap="md">
        <div>
          <div className={classes.url}>
            <code>{url}</code>
            <CopyIcon value={url} what={t('Hook URL')} />
          </div>
          <Text size="xs" c="dimmed" mt={6}>
            {t('The URL of the Catch hook.')}{' '}
            {isChecked ? CHECKED : t('Anyone with this URL can call it. Treat it like a password.')}{' '}
            {methodWords(workflow.methods ?? ['POST'])}
          </Text>
        </div>
        <div>
          {isGet ? null : (
            <SegmentedControl
              size="xs"
              mb="xs"
              value={form}
              onChange={setForm}
              aria-label={t('Form of the body')}
              data={CURL_FORMS.map(({ value, label }) => ({ value, label }))}
            />
          )}
          <TextBlock text={curlCommand(url, form, request)} label={t('curl command')} />
          <Text size="xs" c="dimmed" mt={6}>
            {t('It sends the sample request, which you can change next to the code under Function.')}
          </Text>
        </div>
      </Stack>
    </Panel>
  )
}

function useSampleCommand({ id }: Workflow): TestRequest {
  const sample = useSample(id, true)
  const [request, setRequest] = useState(BLANK)
  useEffect(() => {
    if (sample.data !== undefined) void fromSample(sample.data).then(setRequest)
  }, [sample.data])
  return request
}

const methodWords = (methods: readonly string[]): string =>
  methods.length > 1 ? t('POST and GET.') : methods.includes('GET') ? t('GET only.') : t('POST only.')

/** For viewers. */
function CoveredHook() {
  return (
    <Panel title={t('Hook URL')}>
      <Text size="sm" c="dimmed">
        {t('Only editors and owners see the URL, because anyone with it can call the workflow.')}
      </Text>
    </Panel>
  )
}
