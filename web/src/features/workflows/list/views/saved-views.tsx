import { Button, Group, Tooltip } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconUsers from '@tabler/icons-react/icons/IconUsers'
import { Fragment, useEffect, useRef } from 'react'
import { Link, useSearchParams } from 'react-router'
import { t } from '../../../../lib/i18n/t.ts'
import { useMay } from '../../../../lib/requests/get-me.ts'
import { scrollSideways } from '../../../../lib/scroll-sideways.ts'
import { visible } from '../../../../lib/text.ts'
import { addressOf, currentOf, filtersOf } from './current-view.ts'
import { useMoveKeptViews } from './move-kept-views.ts'
import { useCreateView, useViews, type View } from './requests.ts'
import classes from './saved-views.module.css'
import { ViewModal } from './view-form.tsx'
import { ViewMenu } from './view-menu.tsx'

/** Keeps its height before the views are known. */
export function SavedViews() {
  const [parameters, setParameters] = useSearchParams()
  const { data } = useViews()
  useMoveKeptViews(data !== undefined)
  const views = data === undefined ? [] : [...ofOne(data.data, false), ...ofOne(data.data, true)]
  const filters = filtersOf(parameters)
  const current = currentOf(views, parameters)
  const isSaved = current !== null && filtersOf(current.search) === filters
  const row = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (current?.id !== undefined) scrollSideways(row.current, row.current?.querySelector('[aria-current]'))
  }, [current?.id])
  return (
    <Group gap={4} wrap="nowrap" align="flex-start" role="group" aria-label={t('Views')}>
      <div className={classes.row} ref={row}>
        <ViewLink name={t('All workflows')} search="" isCurrent={current === null && filters === ''} />
        {views.map((view) => (
          <Fragment key={view.id}>
            <ViewLink
              name={visible(view.name)}
              search={addressOf(view)}
              isCurrent={view === current}
              sharedBy={view.shared ? visible(view.created_by.name) : null}
            />
            {view === current && view.may_change ? <ViewMenu view={view} filters={filters} /> : null}
          </Fragment>
        ))}
      </div>
      {data === undefined || filters === '' || isSaved ? null : (
        <SaveView
          filters={filters}
          onSaved={(view) => setParameters(new URLSearchParams(addressOf(view)), { replace: true })}
        />
      )}
    </Group>
  )
}

const ofOne = (views: readonly View[], shared: boolean) => views.filter((view) => view.shared === shared)

type LinkProps = { name: string; search: string; isCurrent: boolean; sharedBy?: string | null }

function ViewLink({ name, search, isCurrent, sharedBy = null }: LinkProps) {
  return (
    <Tooltip label={t('“{view}”, shared by {name}', { view: name, name: sharedBy ?? '' })} disabled={sharedBy === null}>
      <Button
        component={Link}
        to={{ search }}
        replace
        size="compact-sm"
        variant={isCurrent ? 'light' : 'subtle'}
        color={isCurrent ? undefined : 'gray'}
        aria-current={isCurrent ? 'true' : undefined}
        className={classes.view}
        rightSection={sharedBy === null ? null : <IconUsers size={14} role="img" aria-label={t('shared')} />}
      >
        <span className={classes.name} title={sharedBy === null ? name : undefined}>
          {name}
        </span>
      </Button>
    </Tooltip>
  )
}

function SaveView({ filters, onSaved }: { filters: string; onSaved: (view: View) => void }) {
  const [opened, { open, close }] = useDisclosure()
  const create = useCreateView()
  const start = () => {
    create.reset()
    open()
  }
  const onSuccess = (view: View) => {
    close()
    onSaved(view)
  }
  return (
    <>
      <Button size="compact-sm" variant="subtle" onClick={start} style={{ flexShrink: 0 }}>
        {t('Save view')}
      </Button>
      <ViewModal
        title={t('Save view')}
        opened={opened}
        onClose={close}
        first={{ name: '', shared: false }}
        mayShare={useMay('write')}
        isPending={create.isPending}
        error={create.error}
        onSave={(fields) => create.mutate({ ...fields, search: filters }, { onSuccess })}
      />
    </>
  )
}
