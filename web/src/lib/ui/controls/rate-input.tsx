import { Group, NumberInput, Select } from '@mantine/core'
import { useState } from 'react'
import { t } from '../../i18n/t.ts'
import { RATE_UNITS, type RateUnit, splitSeconds } from '../../time.ts'

const UNITS: readonly { value: RateUnit; label: string }[] = [
  { value: 'second', label: t('seconds') },
  { value: 'minute', label: t('minutes') },
  { value: 'hour', label: t('hours') },
  { value: 'day', label: t('days') },
]

type Props = { label: string; seconds: number | null; onChange: (seconds: number | null) => void }

/** Null unless a whole number of at least 1. */
export function RateInput({ label, seconds, onChange }: Props) {
  const [unit, setUnit] = useState<RateUnit>(() => splitSeconds(seconds ?? 300).unit)
  const amount = seconds === null ? '' : seconds / RATE_UNITS[unit]
  const setAmount = (value: number | string) => {
    onChange(typeof value === 'number' && value >= 1 ? value * RATE_UNITS[unit] : null)
  }
  const changeUnit = (value: string | null) => {
    const next = UNITS.find((candidate) => candidate.value === value)?.value ?? unit
    setUnit(next)
    if (typeof amount === 'number') onChange(amount * RATE_UNITS[next])
  }
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <NumberInput
        label={label}
        value={amount}
        onChange={setAmount}
        min={1}
        allowDecimal={false}
        allowNegative={false}
        w={120}
        error={seconds === null ? t('At least 1') : undefined}
      />
      <Select aria-label={t('Unit')} data={UNITS} value={unit} onChange={changeUnit} allowDeselect={false} w={130} />
    </Group>
  )
}
