import { ActionIcon, Tooltip } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconFilePlus from '@tabler/icons-react/icons/IconFilePlus'
import { useState } from 'react'
import { t } from '../../../../lib/i18n/t.ts'
import { type Language, sourceName } from '../../../../lib/kinds.ts'
import { notifyUndo } from '../../../../lib/notices/notify-undo.tsx'
import { useMay } from '../../../../lib/requests/get-me.ts'
import { visible } from '../../../../lib/text.ts'
import { type Code, changedPaths, pathsOf, withoutFile, withText } from '../text/code.ts'
import type { EditorText } from '../versions/use-text.ts'
import { FileList } from './file-list.tsx'
import { PathModal } from './path-modal.tsx'

type Props = { text: EditorText; language: Language }

export function Files({ text, saved, language }: Props & { saved: Code }) {
  const { code, path, setPath, replace } = text
  const [renamed, setRenamed] = useState<string | null>(null)
  const mayWrite = useMay('write')
  const paths = pathsOf(code)
  if (paths.length === 0) return null
  const remove = (removed: string) => {
    const content = code.files[removed] ?? ''
    replace(withoutFile(code, removed))
    if (path === removed) setPath(null)
    const onUndo = () => text.edit((now) => withText(now, removed, content))
    notifyUndo({ id: `deleted ${removed}`, message: t('{file} deleted.', { file: visible(removed) }), onUndo })
  }
  const rename = (name: string) => {
    if (renamed === null) return
    replace(withoutFile(code, renamed, name))
    if (path === renamed) setPath(name)
  }
  return (
    <>
      <FileList
        sourceFile={sourceName(language)}
        code={code}
        open={path}
        changed={changedPaths(saved, code)}
        mayWrite={mayWrite}
        onOpen={setPath}
        onRename={setRenamed}
        onDelete={remove}
      />
      <PathModal
        path={renamed}
        others={paths.filter((other) => other !== renamed)}
        language={language}
        onClose={() => setRenamed(null)}
        onChoose={rename}
      />
    </>
  )
}

export function AddFile({ text: { code, replace, setPath }, language }: Props) {
  const [opened, { open, close }] = useDisclosure()
  const add = (path: string) => {
    replace(withText(code, path, ''))
    setPath(path)
  }
  return (
    <>
      <Tooltip label={t('Add a module that the code can import')}>
        <ActionIcon variant="default" size={30} aria-label={t('Add module')} onClick={open}>
          <IconFilePlus size={15} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <PathModal path={opened ? '' : null} others={pathsOf(code)} language={language} onClose={close} onChoose={add} />
    </>
  )
}
