import { Button, Group, NumberInput, Popover, TextInput } from '@mantine/core'
import IconFilter from '@tabler/icons-react/icons/IconFilter'
import { useState } from 'react'
import { Form } from '../../../lib/forms/form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import type { useRunFilter } from './run-filter.ts'

type Props = Pick<ReturnType<typeof useRunFilter>, 'filter' | 'set'>

export function MoreFilters({ filter, set }: Props) {
  const [opened, setOpened] = useState(false)
  const values = [filter.status_code, filter.version, filter.min_ms, filter.label, filter.waiting_for]
  const count = values.filter((value) => value != null && value !== '').length
  return (
    <Popover opened={opened} onChange={setOpened} width={280} position="bottom-start" trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant="default"
          fw={400}
          leftSection={<IconFilter size={15} aria-hidden />}
          onClick={() => setOpened(!opened)}
        >
          {count === 0 ? t('More filters') : t('More filters ({count})', { count })}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('More filters')}>
        {opened ? <FilterForm filter={filter} set={set} onDone={() => setOpened(false)} /> : null}
      </Popover.Dropdown>
    </Popover>
  )
}

function FilterForm({ filter, set, onDone }: Props & { onDone: () => void }) {
  const [code, setCode] = useState<string | number>(filter.status_code ?? '')
  const [version, setVersion] = useState<string | number>(filter.version ?? '')
  const [ms, setMs] = useState<string | number>(filter.min_ms ?? '')
  const [label, setLabel] = useState(filter.label ?? '')
  const [wait, setWait] = useState(filter.waiting_for ?? '')
  const apply = () => {
    const exact = { label: label.trim(), waiting_for: wait.trim() }
    set({ status_code: String(code), version: String(version), min_ms: String(ms), ...exact })
    onDone()
  }
  const clear = () => {
    set({ status_code: null, version: null, min_ms: null, label: null, waiting_for: null })
    onDone()
  }
  const whole = { allowDecimal: false, allowNegative: false, hideControls: true } as const
  return (
    <Form onSubmit={apply} gap="xs">
      <NumberInput label={t('Status code')} placeholder="500" max={599} value={code} onChange={setCode} {...whole} />
      <NumberInput label={t('Version')} placeholder="3" min={1} value={version} onChange={setVersion} {...whole} />
      <NumberInput label={t('Minimum duration (ms)')} placeholder="1000" value={ms} onChange={setMs} {...whole} />
      <TextInput
        label={t('Label')}
        description={t('Exact label set by the function')}
        maxLength={200}
        value={label}
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
      <TextInput
        label={t('Waits for')}
        description={t('Exact name of a sleep, an event, a task or a called workflow')}
        maxLength={200}
        value={wait}
        onChange={(event) => setWait(event.currentTarget.value)}
      />
      <Group justify="flex-end" gap="xs">
        <Button size="xs" variant="default" onClick={clear}>
          {t('Clear')}
        </Button>
        <Button size="xs" type="submit">
          {t('Apply')}
        </Button>
      </Group>
    </Form>
  )
}
