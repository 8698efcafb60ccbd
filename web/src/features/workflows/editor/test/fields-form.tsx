import { ActionIcon, Button, FileButton, Group, Stack, Text, Textarea, TextInput } from '@mantine/core'
import IconPaperclip from '@tabler/icons-react/icons/IconPaperclip'
import IconPlus from '@tabler/icons-react/icons/IconPlus'
import IconX from '@tabler/icons-react/icons/IconX'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyError } from '../../../../lib/notices/notify.ts'
import { bytes } from '../../../../lib/numbers.ts'
import { fromBase64 } from '../../../../lib/requests/runs/run-body.ts'
import { visible } from '../../../../lib/text.ts'
import { type Field, toFilePart } from './test-request.ts'

type Props = { fields: readonly Field[]; withFiles: boolean; onChange: (fields: readonly Field[]) => void }

export function FieldsForm({ fields, withFiles, onChange }: Props) {
  const change = (index: number, field: Field) => onChange(fields.map((each, at) => (at === index ? field : each)))
  return (
    <Stack gap={6} role="group" aria-label={t('Form fields')}>
      {fields.map((field, index) => (
        <FieldRow
          // biome-ignore lint/suspicious/noArrayIndexKey: fields may have the same name, and are only known by their place
          key={index}
          field={field}
          position={index + 1}
          withFiles={withFiles}
          onChange={(next) => change(index, next)}
          onRemove={() => onChange(fields.filter((_, at) => at !== index))}
        />
      ))}
      <Group>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={13} aria-hidden />}
          onClick={() => onChange([...fields, { name: '', value: '' }])}
        >
          {t('Field')}
        </Button>
      </Group>
    </Stack>
  )
}

type RowProps = {
  field: Field
  position: number
  withFiles: boolean
  onChange: (field: Field) => void
  onRemove: () => void
}

function FieldRow({ field, position, withFiles, onChange, onRemove }: RowProps) {
  const { name, value, file } = field
  const attach = (chosen: File | null) => {
    if (chosen !== null) void toFilePart(chosen).then((part) => onChange({ name, value: '', file: part }), notifyError)
  }
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <TextInput
        size="xs"
        w="34%"
        aria-label={t('Name of field {position}', { position })}
        placeholder={t('Name')}
        value={name}
        spellCheck={false}
        onChange={(event) => onChange({ ...field, name: event.currentTarget.value })}
      />
      {file === undefined || !withFiles ? (
        <Textarea
          size="xs"
          flex={1}
          autosize
          minRows={1}
          maxRows={5}
          aria-label={t('Value of field {position}', { position })}
          placeholder={t('Value')}
          value={value}
          spellCheck={false}
          onChange={(event) => onChange({ name, value: event.currentTarget.value })}
        />
      ) : (
        <Text size="sm" flex={1} className="wrap" py={4}>
          {visible(file.name)}{' '}
          <Text span c="dimmed" size="sm">
            {bytes(fromBase64(file.base64).length)}
          </Text>
        </Text>
      )}
      {withFiles ? (
        <FileButton onChange={attach}>
          {(props) => (
            <ActionIcon
              {...props}
              variant="default"
              size={30}
              aria-label={t(
                file === undefined ? 'Choose a file for field {position}' : 'Choose another file for field {position}',
                { position },
              )}
            >
              <IconPaperclip size={14} aria-hidden />
            </ActionIcon>
          )}
        </FileButton>
      ) : null}
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        aria-label={t('Remove field {position}', { position })}
        onClick={onRemove}
      >
        <IconX size={14} aria-hidden />
      </ActionIcon>
    </Group>
  )
}
