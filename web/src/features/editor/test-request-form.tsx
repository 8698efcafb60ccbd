import { Button, Group, Menu, SegmentedControl, Stack, Textarea } from '@mantine/core'
import IconChevronDown from '@tabler/icons-react/icons/IconChevronDown'
import { jsonProblem } from '../../lib/json-text.ts'
import { BODY_FORMS, formOf, SAMPLES, type TestRequest } from './test-request.ts'

type Props = { request: TestRequest; onChange: (request: TestRequest) => void }

/** The request of a test: its form, headers and body, or a ready sample. */
export function TestRequestForm({ request, onChange }: Props) {
  const form = formOf(request)
  const problem = form === 'json' ? jsonProblem(request.body) : null
  const changeForm = (value: string) => {
    const next = BODY_FORMS.find((candidate) => candidate.value === value)
    if (next !== undefined) onChange(next.request)
  }
  return (
    <Stack gap="xs">
      <Group gap="xs" justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label="Form of the request"
          value={form}
          onChange={changeForm}
          data={[
            ...BODY_FORMS.map(({ value, label }) => ({ value, label })),
            ...(form === 'other' ? [{ value: 'other', label: 'Other' }] : []),
          ]}
        />
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="xs" variant="subtle" color="gray" rightSection={<IconChevronDown size={14} aria-hidden />}>
              Samples
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {SAMPLES.map((sample) => (
              <Menu.Item key={sample.title} onClick={() => onChange(sample.request)}>
                {sample.title}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </Group>
      <Textarea
        label="Headers"
        size="xs"
        autosize
        minRows={1}
        maxRows={6}
        value={request.headers}
        placeholder="Name: value"
        spellCheck={false}
        styles={MONO}
        onChange={(event) => onChange({ ...request, headers: event.currentTarget.value })}
      />
      <Textarea
        label="Body"
        size="xs"
        autosize
        minRows={5}
        maxRows={14}
        value={request.body}
        spellCheck={false}
        styles={MONO}
        error={problem === null ? undefined : `Not JSON yet: ${problem}`}
        onChange={(event) => onChange({ ...request, body: event.currentTarget.value })}
      />
    </Stack>
  )
}

const MONO = { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12.5 } } as const
