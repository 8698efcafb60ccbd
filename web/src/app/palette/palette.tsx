import { useRows } from '../../lib/client/use-get.ts'
import { t } from '../../lib/i18n/t.ts'
import '@mantine/spotlight/styles.css'
import { Button, Group, Kbd, Modal, Text, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useClipboard, useDebouncedValue } from '@mantine/hooks'
import { createSpotlight, Spotlight } from '@mantine/spotlight'
import IconBolt from '@tabler/icons-react/icons/IconBolt'
import IconClockHour4 from '@tabler/icons-react/icons/IconClockHour4'
import IconCopy from '@tabler/icons-react/icons/IconCopy'
import IconFile from '@tabler/icons-react/icons/IconFile'
import IconHistory from '@tabler/icons-react/icons/IconHistory'
import IconListSearch from '@tabler/icons-react/icons/IconListSearch'
import IconPlayerPlay from '@tabler/icons-react/icons/IconPlayerPlay'
import IconPlus from '@tabler/icons-react/icons/IconPlus'
import IconSearch from '@tabler/icons-react/icons/IconSearch'
import IconSettings from '@tabler/icons-react/icons/IconSettings'
import IconWebhook from '@tabler/icons-react/icons/IconWebhook'
import { keepPreviousData } from '@tanstack/react-query'
import { type KeyboardEvent, useEffect, useState } from 'react'
import { useLocation, useNavigate } from 'react-router'
import { useSignOut } from '../../features/people/account/sign-out.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useOnceReady } from '../../lib/forms/use-once-ready.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import { useWorkflow, type Workflow } from '../../lib/requests/get-workflow.ts'
import { startInBackground } from '../../lib/requests/runs/start-run.ts'
import { visible } from '../../lib/text.ts'
import { type Abilities, type Command, type CommandIcon, commandsOf, commandsOfRuns, matching } from './commands.ts'

const [store, spotlight] = createSpotlight()
/** Missing in the list's types. A scrolling region must take the focus. */
const BY_KEYS = { viewportProps: { tabIndex: 0, role: 'group', 'aria-label': t('Commands') } }
const MAX_FOUND = 8

const ICONS: Readonly<Record<CommandIcon, typeof IconSearch>> = {
  catch: IconWebhook,
  pull: IconClockHour4,
  page: IconFile,
  settings: IconSettings,
  run: IconPlayerPlay,
  runs: IconListSearch,
  versions: IconHistory,
  copy: IconCopy,
  create: IconPlus,
  action: IconBolt,
}

type Props = {
  pages: readonly { to: string; word: string }[]
  asked: number
  onShortcuts: () => void
}

/** Has its own chunk, so import it lazily. */
export function Palette({ pages, asked, onShortcuts }: Props) {
  const [typed, setTyped] = useState('')
  const [toRun, setToRun] = useState<Workflow | null>(null)
  const can = useAbilities(onShortcuts, setToRun)
  const open = useOpenWorkflow()
  const { found, isSettled } = useFound(typed)
  const ids = new Set(isSettled ? found.map(({ id }) => id) : [])
  const named = matching(commandsOf({ pages, open }, found, can), typed, ids)
  // Enter takes the first command, so runs wait for the workflows.
  const commands = isSettled ? [...named, ...commandsOfRuns(typed.trim(), can)] : named
  const { begin } = useOnceReady<string>(isSettled, false, (asked) => {
    const [first] = commands
    // The text has changed since.
    if (first === undefined || asked !== typed) return
    spotlight.close()
    first.run()
  })
  const takeFirst = (event: KeyboardEvent<HTMLInputElement>) => {
    // The library selects the first command after a change of the text, but not after later commands.
    const isSelected = event.currentTarget.closest('[role="dialog"]')?.querySelector('[data-selected]') != null
    if (event.key !== 'Enter' || event.nativeEvent.isComposing || isSelected || typed.trim() === '') return
    begin(typed)
  }
  useEffect(() => {
    if (asked > 0) spotlight.open()
  }, [asked])
  return (
    <>
      <RunQuestion workflow={toRun} onClose={() => setToRun(null)} />
      <Spotlight.Root
        store={store}
        query={typed}
        onQueryChange={setTyped}
        shortcut={null}
        scrollable
        maxHeight={420}
        transitionProps={{ duration: 100 }}
        overlayProps={{ blur: 0 }}
        attributes={{ content: { 'aria-label': t('Commands') } }}
      >
        <Spotlight.Search
          placeholder={t('A workflow, a page or a command…')}
          aria-label={t('Find a command')}
          onKeyDown={takeFirst}
          leftSection={<IconSearch size={16} aria-hidden />}
        />
        <Spotlight.ActionsList {...BY_KEYS}>
          {groupsOf(commands).map(([group, members]) => (
            <Spotlight.ActionsGroup key={group} label={group}>
              {members.map((command) => (
                <CommandRow key={command.id} command={command} />
              ))}
            </Spotlight.ActionsGroup>
          ))}
          {commands.length === 0 ? (
            <Spotlight.Empty>
              <Text size="sm">{t('No results.')}</Text>
            </Spotlight.Empty>
          ) : null}
        </Spotlight.ActionsList>
      </Spotlight.Root>
    </>
  )
}

function CommandRow({ command: { icon, label, keys, run } }: { command: Command }) {
  const Icon = ICONS[icon]
  return (
    <Spotlight.Action
      label={label}
      onClick={run}
      leftSection={<Icon size={16} stroke={1.5} aria-hidden />}
      rightSection={keys === undefined ? null : <Kbd>{keys}</Kbd>}
    />
  )
}

function RunQuestion({ workflow, onClose }: { workflow: Workflow | null; onClose: () => void }) {
  const navigate = useNavigate()
  // Visible while the dialog closes.
  const [shown, setShown] = useState(workflow)
  if (workflow !== null && workflow !== shown) setShown(workflow)
  const run = () => {
    onClose()
    if (workflow !== null) {
      void startInBackground(workflow.id).then(({ id }) => navigate(`/runs/${id}`), notifyError)
    }
  }
  return (
    <Modal
      opened={workflow !== null}
      onClose={onClose}
      centered
      title={t('Run {name} now?', { name: visible(shown?.name ?? '') })}
    >
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('Cancel')}
        </Button>
        <Button onClick={run} data-autofocus>
          {t('Run now')}
        </Button>
      </Group>
    </Modal>
  )
}

function groupsOf(commands: readonly Command[]): [string, Command[]][] {
  const groups = new Map<string, Command[]>()
  for (const command of commands) groups.set(command.group, [...(groups.get(command.group) ?? []), command])
  return [...groups]
}

function useAbilities(showShortcuts: () => void, runNow: Abilities['runNow']): Abilities {
  const navigate = useNavigate()
  const clipboard = useClipboard()
  const signOut = useSignOut()
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const go = (path: string) => void navigate(path)
  return {
    mayRun: useMay('run'),
    mayWrite: useMay('write'),
    mayAdmin: useMay('admin'),
    go,
    runNow,
    copy: (text, what) => {
      clipboard.copy(text)
      notifyDone(t('{what} copied.', { what }))
    },
    toggleScheme: () => setColorScheme(scheme === 'dark' ? 'light' : 'dark'),
    showShortcuts,
    signOut: () => signOut.mutate(),
  }
}

function useOpenWorkflow(): Workflow | undefined {
  const id = /^\/workflows\/([^/]+)/.exec(useLocation().pathname)?.[1]
  return useWorkflow(id ?? null).data
}

function useFound(typed: string): { found: readonly Workflow[]; isSettled: boolean } {
  const wanted = typed.trim().replace(/^run\s+/i, '')
  const [q] = useDebouncedValue(wanted, 120)
  const found = useRows(
    queryKeys.foundWorkflows(q),
    ['/api/workflows', { query: { q, similar: true, limit: MAX_FOUND } }],
    { placeholderData: keepPreviousData },
  )
  return { found: found.data ?? [], isSettled: q === wanted && !found.isFetching }
}
