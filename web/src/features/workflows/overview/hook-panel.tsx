import { SegmentedControl, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useVersion } from '../../../lib/requests/get-version.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { CopyIcon } from '../../../lib/ui/controls/copy-button.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { TextBlock } from '../../../lib/ui/text/text-block.tsx'
import { CURL_FORMS, type CurlForm, curlCommand, sampleJson } from './curl.ts'
import classes from './overview.module.css'

const CHECKED = 'It takes only calls that prove their sender: a signed command is under Settings, Who may call.'

/** The URL that other services call, and a command to try it at once. */
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
            Catch hooks Url. {isChecked ? CHECKED : 'Whoever knows it can call it: keep it like a password.'} POST only.
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

/** For who may only look. */
function CoveredHook() {
  return (
    <Panel title="Workflow Url">
      <Text size="sm" c="dimmed">
        Editors and owners see the URL: whoever knows it can call it.
      </Text>
    </Panel>
  )
}
