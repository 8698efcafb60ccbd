import { SegmentedControl, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useVersion } from '../../../lib/requests/get-version.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { CopyIcon } from '../../../lib/ui/controls/copy-button.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { TextBlock } from '../../../lib/ui/text/text-block.tsx'
import { CURL_FORMS, type CurlForm, curlCommand, sampleJson } from './curl.ts'
import classes from './overview.module.css'

const CHECKED = 'Callers are verified. Create a signed command under Settings, Who may call.'

/** The hook's URL, and a command to call it. */
export function HookPanel({ workflow }: { workflow: Workflow }) {
  const [form, setForm] = useState<CurlForm>('json')
  const version = useVersion(workflow.id, workflow.deployed_version)
  const url = workflow.hook_url
  const isChecked = (workflow.sender_check?.scheme ?? 'none') !== 'none'
  if (url === null) return <CoveredHook />
  return (
    <Panel title="Workflow Url">
      <Stack gap="md">
        <div>
          <div className={classes.url}>
            <code>{url}</code>
            <CopyIcon value={url} what="Workflow Url" />
          </div>
          <Text size="xs" c="dimmed" mt={6}>
            Webhook URL. {isChecked ? CHECKED : 'Anyone with this URL can call it. Treat it like a password.'} POST
            only.
          </Text>
        </div>
        <div>
          <SegmentedControl
            size="xs"
            mb="xs"
            value={form}
            onChange={setForm}
            aria-label="Form of the body"
            data={CURL_FORMS.map(({ value, label }) => ({ value, label }))}
          />
          <TextBlock text={curlCommand(url, form, sampleJson(version.data?.source))} label="curl command" />
        </div>
      </Stack>
    </Panel>
  )
}

/** For viewers. */
function CoveredHook() {
  return (
    <Panel title="Workflow Url">
      <Text size="sm" c="dimmed">
        Only editors and owners see the URL, because anyone with it can call the workflow.
      </Text>
    </Panel>
  )
}
