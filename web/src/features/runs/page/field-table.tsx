import { Anchor, Button, Group, Modal, Table, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconDownload from '@tabler/icons-react/icons/IconDownload'
import IconEye from '@tabler/icons-react/icons/IconEye'
import IconFile from '@tabler/icons-react/icons/IconFile'
import { useEffect, useState } from 'react'
import { downloadFile } from '../../../lib/download.ts'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import { bytes } from '../../../lib/numbers.ts'
import type { FormField } from '../../../lib/requests/runs/read-form.ts'
import { visible } from '../../../lib/text.ts'
import { StackedTable } from '../../../lib/ui/stacked-table.tsx'
import { TextBlock } from '../../../lib/ui/text/text-block.tsx'

const LONG = 300

export function FieldTable({ fields }: { fields: readonly FormField[] }) {
  return (
    <StackedTable
      layout="fixed"
      aria-label={t('Fields')}
      minWidth={0}
      heads={[{ name: t('Field'), width: '30%' }, t('Value')]}
    >
      {fields.map(({ name, value }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same field may come twice, and the list never changes
        <Table.Tr key={index}>
          <Table.Td className="mono wrap" data-head={t('Field')}>
            {visible(name)}
          </Table.Td>
          <Table.Td className="wrap" data-head={t('Value')}>
            {typeof value !== 'string' ? (
              <FileLine file={value} />
            ) : value.length > LONG ? (
              <TextBlock label={t('Value of {name}', { name: visible(name) })} text={value} />
            ) : (
              visible(value)
            )}
          </Table.Td>
        </Table.Tr>
      ))}
    </StackedTable>
  )
}

/** Does not trust the declared type. */
export function FileLine({ file }: { file: File }) {
  const [opened, { open, close }] = useDisclosure()
  const type = usePreviewType(file)
  const name = visible(file.name)
  return (
    <Group gap="xs">
      <IconFile size={16} aria-hidden />
      <span className="wrap">{name}</span>
      <Text span size="sm" c="dimmed">
        {file.type === '' ? '' : `${visible(file.type)} · `}
        {bytes(file.size)}
      </Text>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconDownload size={13} aria-hidden />}
        aria-label={t('Download {name}', { name })}
        onClick={() => downloadFile(file.name, file)}
      >
        {t('Download')}
      </Button>
      {type === null ? null : (
        <>
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconEye size={13} aria-hidden />}
            aria-label={t('Preview {name}', { name })}
            onClick={open}
          >
            {t('Preview')}
          </Button>
          <Modal opened={opened} onClose={close} title={name} size={1100}>
            <Preview file={file} type={type} />
          </Modal>
        </>
      )}
    </Group>
  )
}

/** `type` is the detected type. With the caller's type, HTML could run as our page. */
function Preview({ file, type }: { file: File; type: string }) {
  const url = useObjectUrl(file, type)
  if (url === null) return null
  if (type.startsWith('image/')) {
    return <img src={url} alt={visible(file.name)} style={{ maxWidth: '100%', maxHeight: '75vh' }} />
  }
  return (
    <>
      <iframe src={url} title={visible(file.name)} style={{ width: '100%', height: '75vh', border: 0 }} />
      <Text size="sm" c="dimmed">
        {rich('Nothing to see? This browser shows no PDF inside a page: <link>download it</link>.', {
          link: (words) => (
            <Anchor component="button" type="button" inherit onClick={() => downloadFile(file.name, file)}>
              {words}
            </Anchor>
          ),
        })}
      </Text>
    </>
  )
}

function usePreviewType(file: File): string | null {
  const [type, setType] = useState<string | null>(null)
  useEffect(() => {
    let isCurrent = true
    void findPreviewType(file).then((found) => isCurrent && setType(found))
    return () => {
      isCurrent = false
    }
  }, [file])
  return type
}

function useObjectUrl(file: File, type: string): string | null {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    const created = URL.createObjectURL(new Blob([file], { type }))
    setUrl(created)
    return () => URL.revokeObjectURL(created)
  }, [file, type])
  return url
}

/** HTML and SVG can run code. */
const TYPES: readonly (readonly [type: string, starts: readonly number[]])[] = [
  ['application/pdf', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
  ['image/webp', [0x52, 0x49, 0x46, 0x46]],
]

async function findPreviewType(file: Blob): Promise<string | null> {
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer())
  return TYPES.find(([, starts]) => starts.every((byte, index) => head[index] === byte))?.[0] ?? null
}
