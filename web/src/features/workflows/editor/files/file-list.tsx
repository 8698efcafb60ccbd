import { ActionIcon, Menu, UnstyledButton } from '@mantine/core'
import IconDots from '@tabler/icons-react/icons/IconDots'
import { t } from '../../../../lib/i18n/t.ts'
import { visible } from '../../../../lib/text.ts'
import { type Code, type OpenPath, pathsOf } from '../text/code.ts'
import classes from './files.module.css'

type Props = {
  sourceFile: string
  code: Code
  open: OpenPath
  changed: readonly OpenPath[]
  mayWrite: boolean
  onOpen: (path: OpenPath) => void
  onRename: (path: string) => void
  onDelete: (path: string) => void
}

export function FileList({ sourceFile, code, open, changed, mayWrite, onOpen, onRename, onDelete }: Props) {
  return (
    <nav aria-label={t('Files')} className={classes.list}>
      <ul>
        {[null, ...pathsOf(code)].map((path) => (
          <li key={path ?? ''} className={classes.row} data-open={path === open || undefined}>
            <UnstyledButton
              className={classes.name}
              aria-current={path === open ? 'true' : undefined}
              onClick={() => onOpen(path)}
              title={path ?? sourceFile}
            >
              {visible(path ?? sourceFile)}
              {changed.includes(path) ? (
                <span className={classes.changed} role="img" aria-label={t('not saved')} />
              ) : null}
            </UnstyledButton>
            {path === null || !mayWrite ? null : (
              <Menu position="bottom-end" withinPortal>
                <Menu.Target>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size={24}
                    aria-label={t('Rename or delete {path}', { path })}
                  >
                    <IconDots size={14} aria-hidden />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item onClick={() => onRename(path)}>{t('Rename')}</Menu.Item>
                  <Menu.Item color="red" onClick={() => onDelete(path)}>
                    {t('Delete')}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            )}
          </li>
        ))}
      </ul>
    </nav>
  )
}
