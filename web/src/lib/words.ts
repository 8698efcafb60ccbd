import { t } from './i18n/t.ts'

const WORDS: Readonly<Record<string, string>> = {
  approver: t('approver'),
  viewer: t('viewer'),
  editor: t('editor'),
  owner: t('owner'),
  read: t('read'),
  run: t('run'),
  write: t('write'),
  admin: t('admin'),
  hook: t('hook'),
  schedule: t('schedule'),
  manual: t('manual'),
  replay: t('replay'),
  test: t('test'),
  trial: t('trial'),
  email: t('email'),
  workflow: t('workflow'),
  failing: t('failing'),
  recovered: t('recovered'),
  missed_tick: t('missed tick'),
  dead_letter: t('dead letter'),
  task: t('task'),
  queued: t('queued'),
  sent: t('sent'),
  failed: t('failed'),
  running: t('running'),
  waiting: t('waiting'),
  done: t('done'),
  cancelled: t('cancelled'),
}

export const wordOf = (value: string): string => WORDS[value] ?? value
