import {
  ActionIcon,
  Anchor,
  Container,
  Group,
  Menu,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import IconLogout from '@tabler/icons-react/icons/IconLogout'
import IconMoon from '@tabler/icons-react/icons/IconMoon'
import IconSettings from '@tabler/icons-react/icons/IconSettings'
import IconSun from '@tabler/icons-react/icons/IconSun'
import IconUser from '@tabler/icons-react/icons/IconUser'
import { useEffect } from 'react'
import { Link, Navigate, NavLink, Outlet, ScrollRestoration, useLocation } from 'react-router'
import { SignInAgain } from '../features/people/account/sign-in-again.tsx'
import { useSignOut } from '../features/people/account/sign-out.ts'
import { ApiError } from '../lib/client/api.ts'
import { UnsavedGuard } from '../lib/forms/unsaved-guard.tsx'
import { t } from '../lib/i18n/t.ts'
import { useLiveUpdates } from '../lib/live.ts'
import { type Me, useMe } from '../lib/requests/get-me.ts'
import { applyLanguage } from '../lib/requests/set-language.ts'
import { LoadError } from '../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../lib/ui/rows-skeleton.tsx'
import { Banners } from './banners.tsx'
import { PaletteButton } from './palette/palette-button.tsx'
import classes from './shell.module.css'

export function Shell() {
  const me = useMe()
  const { pathname, search } = useLocation()
  useEffect(() => {
    if (me.data !== undefined) applyLanguage(me.data)
  }, [me.data])
  if (me.error instanceof ApiError && me.error.status === 401) {
    return <Navigate to={`/sign-in?next=${encodeURIComponent(pathname + search)}`} replace />
  }
  return (
    <>
      <Anchor href="#content" className={classes.skip}>
        {t('Skip to content')}
      </Anchor>
      <Header me={me.data} />
      <Banners />
      <Container
        component="main"
        id="content"
        size={1440}
        px={{ base: 'sm', sm: 'lg' }}
        py="lg"
        tabIndex={-1}
        className={classes.content}
      >
        {me.isPending ? <RowsSkeleton /> : null}
        {me.error !== null && me.data === undefined ? <LoadError of={me} /> : null}
        {me.data === undefined ? null : me.data.role === 'approver' ? <ApproverPages /> : <LivePages />}
      </Container>
      <UnsavedGuard />
      <SignInAgain />
      <ScrollRestoration />
    </>
  )
}

function LivePages() {
  useLiveUpdates()
  return <Outlet />
}

/** The server would refuse other pages and events. */
function ApproverPages() {
  const { pathname } = useLocation()
  return /^\/(tasks|settings)(\/|$)/.test(pathname) ? <Outlet /> : <Navigate to="/tasks" replace />
}

const PAGES = [
  { to: '/', word: t('Home') },
  { to: '/workflows', word: t('Workflows') },
  { to: '/runs', word: t('Runs') },
  { to: '/tasks', word: t('Tasks') },
  { to: '/decisions', word: t('Decisions') },
  { to: '/dead-letters', word: t('Dead letters') },
  { to: '/settings', word: t('Settings') },
] as const

const OF_APPROVER = PAGES.filter(({ to }) => to === '/tasks')
const IN_NARROW_MENU: readonly string[] = ['/tasks', '/decisions']
const IN_MENU: readonly string[] = ['/', ...IN_NARROW_MENU, '/dead-letters']

function Header({ me }: { me: Me | undefined }) {
  const isApprover = me?.role === 'approver'
  const pages = isApprover ? OF_APPROVER : PAGES
  return (
    <header className={classes.header}>
      <Container size={1440} px={{ base: 'sm', sm: 'lg' }} h="100%">
        <Group h="100%" gap="xs" wrap="nowrap" justify="space-between">
          <Group gap={2} wrap="nowrap" component="nav" aria-label={t('Pages')}>
            <Link to="/" className={classes.mark} aria-label={t('Workflows, home')}>
              <img src="/favicon.svg" alt="" width={24} height={24} />
            </Link>
            {pages.map(({ to, word }) => (
              <NavLink key={to} to={to} end={to === '/'} className={classes.page}>
                {word}
              </NavLink>
            ))}
          </Group>
          <Group gap={4} wrap="nowrap">
            {isApprover ? null : <PaletteButton pages={PAGES} />}
            <SchemeToggle />
            <AccountMenu me={me} />
          </Group>
        </Group>
      </Container>
    </header>
  )
}

function useNextScheme() {
  const { setColorScheme } = useMantineColorScheme()
  const next = useComputedColorScheme('light') === 'dark' ? 'light' : 'dark'
  return {
    words: next === 'light' ? t('Switch to light mode') : t('Switch to dark mode'),
    Icon: next === 'light' ? IconSun : IconMoon,
    use: () => setColorScheme(next),
  }
}

function SchemeToggle() {
  const { words, Icon, use } = useNextScheme()
  return (
    <Tooltip label={words}>
      <ActionIcon variant="subtle" color="gray" size="lg" onClick={use} aria-label={words} visibleFrom="sm">
        <Icon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}

/** Reserves space, so that the bar does not jump. */
function AccountMenu({ me }: { me: Me | undefined }) {
  const signOut = useSignOut()
  const scheme = useNextScheme()
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('Account')}>
          <IconUser size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className="clip">{me?.name}</Menu.Label>
        {/* The bar of a phone has no space for these. */}
        {(me?.role === 'approver' ? [] : PAGES)
          .filter(({ to }) => IN_MENU.includes(to))
          .map(({ to, word }) => (
            <Menu.Item key={to} component={Link} to={to} hiddenFrom={IN_NARROW_MENU.includes(to) ? 'md' : 'xs'}>
              {word}
            </Menu.Item>
          ))}
        <Menu.Item component={Link} to="/settings" leftSection={<IconSettings size={15} aria-hidden />}>
          {t('Account and settings')}
        </Menu.Item>
        {/* Phones have no space for this button. */}
        <Menu.Item hiddenFrom="sm" onClick={scheme.use} leftSection={<scheme.Icon size={15} aria-hidden />}>
          {scheme.words}
        </Menu.Item>
        <Menu.Item onClick={() => signOut.mutate()} leftSection={<IconLogout size={15} aria-hidden />}>
          {t('Sign out')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
