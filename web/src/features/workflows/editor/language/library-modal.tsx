import { Modal, Skeleton } from '@mantine/core'
import { useMounted } from '@mantine/hooks'
import { Suspense } from 'react'
import { visible } from '../../../../lib/text.ts'
import { CodeReader } from '../code/code-reader.tsx'

export type LibraryFile = { readonly name: string; readonly text: string; readonly line: number }

export function LibraryModal({ file, onClose }: { file: LibraryFile | null; onClose: () => void }) {
  // A window that mounts open does not restore the focus.
  const isMounted = useMounted()
  return (
    <Modal opened={isMounted && file !== null} onClose={onClose} title={visible(file?.name ?? '')} size={1000}>
      {file === null ? null : (
        <Suspense fallback={<Skeleton height={300} />}>
          <CodeReader label={file.name} source={file.text} line={file.line} />
        </Suspense>
      )}
    </Modal>
  )
}
