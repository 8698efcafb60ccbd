import { Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { Navigate, useNavigate, useParams } from 'react-router'
import { AlertsPanel } from '../features/alerts/alerts-panel.tsx'
import { ConnectionsPanel } from '../features/connections/connections-panel.tsx'
import { NetworkPanel } from '../features/network/network-panel.tsx'
import { AccountPanel } from '../features/people/account/account-panel.tsx'
import { ApiKeysPanel } from '../features/people/api-keys-panel.tsx'
import { PeoplePanel } from '../features/people/people-panel.tsx'
import { DataMapPanel } from '../features/privacy/data-map-panel.tsx'
import { PersonPanel } from '../features/privacy/person/person-panel.tsx'
import { SharedPanel } from '../features/settings/shared/shared-panel.tsx'
import { AuditPanel } from '../features/system/audit-panel.tsx'
import { EnvironmentsPanel } from '../features/system/environments-panel.tsx'
import { SystemPanel } from '../features/system/system-panel.tsx'
import { t } from '../lib/i18n/t.ts'
import { useMay } from '../lib/requests/get-me.ts'
import { NotFoundPage } from './not-found-page.tsx'
import { PageTabs } from './page-tabs.tsx'

type Part = { word: string; panel: ReactNode; forOwners: boolean; maw: number | string }

const PARTS: Readonly<Record<string, Part>> = {
  account: { word: t('Account'), panel: <AccountPanel />, forOwners: false, maw: 640 },
  people: { word: t('People'), panel: <PeoplePanel />, forOwners: true, maw: 960 },
  keys: { word: t('API keys'), panel: <ApiKeysPanel />, forOwners: true, maw: 960 },
  alerts: { word: t('Alerts'), panel: <AlertsPanel />, forOwners: true, maw: 960 },
  shared: { word: t('Shared properties'), panel: <SharedPanel />, forOwners: false, maw: 1200 },
  person: { word: t('Find a person'), panel: <PersonPanel />, forOwners: true, maw: 960 },
  data: { word: t('Privacy'), panel: <DataMapPanel />, forOwners: false, maw: 1200 },
  connections: { word: t('Connections'), panel: <ConnectionsPanel />, forOwners: false, maw: 960 },
  network: { word: t('Network'), panel: <NetworkPanel />, forOwners: false, maw: 960 },
  audit: { word: t('Audit log'), panel: <AuditPanel />, forOwners: true, maw: '100%' },
  environments: { word: t('Environments'), panel: <EnvironmentsPanel />, forOwners: false, maw: 1200 },
  system: { word: t('System'), panel: <SystemPanel />, forOwners: false, maw: 960 },
}

export function SettingsPage() {
  useDocumentTitle(t('Settings · Workflows'))
  const navigate = useNavigate()
  const isOwner = useMay('admin')
  const mayRead = useMay('read')
  const { part: named = 'account' } = useParams()
  const parts = Object.entries(PARTS).filter(
    ([name, { forOwners }]) => name === 'account' || (mayRead && (isOwner || !forOwners)),
  )
  if (!Object.hasOwn(PARTS, named)) return <NotFoundPage />
  const shown = parts.find(([name]) => name === named)?.[1]
  if (shown === undefined) return <Navigate to="/settings" replace />
  return (
    <Stack gap="md">
      <Title order={1}>{t('Settings')}</Title>
      <PageTabs
        words={parts.map(([name, { word }]) => [name, word])}
        chosen={named}
        onChange={(name) => void navigate(name === 'account' ? '/settings' : `/settings/${name}`)}
        controls="settings-part"
      />
      <Stack id="settings-part" role="tabpanel" aria-label={shown.word} maw={shown.maw} w="100%">
        {shown.panel}
      </Stack>
    </Stack>
  )
}
