import { ActionIcon, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconDots from '@tabler/icons-react/icons/IconDots'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyError } from '../../../../lib/notices/notify.ts'
import { notifyUndo } from '../../../../lib/notices/notify-undo.tsx'
import { useMay, useMe } from '../../../../lib/requests/get-me.ts'
import { visible } from '../../../../lib/text.ts'
import { filtersOf } from './current-view.ts'
import { useCreateView, useDeleteView, useUpdateView, type View } from './requests.ts'
import { ViewModal } from './view-form.tsx'

export function ViewMenu({ view, filters }: { view: View; filters: string }) {
  const { id, name, search, shared } = view
  const [renaming, rename] = useDisclosure()
  const update = useUpdateView(id)
  const remove = useRemove(view)
  const mayShare = useMay('write')
  const isAuthor = useMe().data?.id === view.created_by.id
  const change = (body: { search?: string; shared?: boolean }) => update.mutate(body, { onError: notifyError })
  const openRename = () => {
    update.reset()
    rename.open()
  }
  return (
    <>
      <Menu position="bottom-start">
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={26}
            aria-label={t('More about {key}', { key: visible(name) })}
            loading={update.isPending && !renaming}
          >
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {filtersOf(search) === filters ? null : (
            <Menu.Item onClick={() => change({ search: filters })}>{t('Update to the current filters')}</Menu.Item>
          )}
          <Menu.Item onClick={openRename}>{t('Rename')}</Menu.Item>
          {shared && isAuthor ? (
            <Menu.Item onClick={() => change({ shared: false })}>{t('Stop sharing')}</Menu.Item>
          ) : null}
          {!shared && mayShare ? (
            <Menu.Item onClick={() => change({ shared: true })}>{t('Share with everybody')}</Menu.Item>
          ) : null}
          <Menu.Item color="red" onClick={remove}>
            {t('Remove')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ViewModal
        title={t('Rename')}
        opened={renaming}
        onClose={rename.close}
        first={{ name, shared }}
        mayShare={false}
        isPending={update.isPending}
        error={update.error}
        onSave={(fields) => update.mutate({ name: fields.name }, { onSuccess: rename.close })}
      />
    </>
  )
}

/** Promises, unlike callbacks of `mutate`, survive the menu. */
function useRemove(view: View): () => void {
  const { mutateAsync: remove } = useDeleteView(view.id)
  const { mutateAsync: create } = useCreateView()
  const { name, search, shared } = view
  const again = () => void create({ name, search, shared }).catch(notifyError)
  return () =>
    void remove().then(() => {
      const message = t('View “{name}” removed.', { name: visible(name) })
      notifyUndo({ id: `view ${view.id}`, message, onUndo: again })
    }, notifyError)
}
