import { t } from '../../lib/i18n/t.ts'

export const ACTIONS: Readonly<Record<string, string>> = {
  'workflow.create': t('created a workflow'),
  'workflow.update': t('changed a workflow'),
  'trial.cancel': t('cancelled a trial'),
  'canary.abort': t('ended a canary'),
  'canary.promote': t('promoted a canary'),
  'trial.start': t('started a trial'),
  'version.create': t('saved a version'),
  'version.deploy': t('deployed a version'),
  'setting.set': t('set a property'),
  'setting.delete': t('deleted a property'),
  'hook_key.rotate': t('created a new URL'),
  'run.start': t('started a run'),
  'run.replay': t('replayed a run'),
  'held_runs.cancel': t('cancelled held runs'),
  'held_runs.release': t('released held runs'),
  'run.cancel': t('cancelled a run'),
  'run.wake': t('woke a run'),
  'task.answer': t('answered a task'),
  'key.create': t('created an API key'),
  'key.revoke': t('revoked an API key'),
  'owner.create': t('set up this installation'),
  'internal_host.create': t('opened an internal host'),
  'internal_host.delete': t('closed an internal host'),
  'internal_host.update': t('changed an internal host'),
  'invitation.create': t('invited a person'),
  'invitation.revoke': t('revoked an invitation'),
  'invitation.accept': t('accepted an invitation'),
  'person.update': t('changed a role'),
  'person.rename': t('changed their name'),
  'person.remove': t('removed a person'),
  'password.change': t('changed their password'),
  'password.refuse': t('gave a wrong password'),
  'password.reset': t('reset their password'),
  'two_factor.enable': t('turned two-factor on'),
  'two_factor.disable': t('turned two-factor off'),
  'two_factor.renew_codes': t('made new recovery codes'),
  'passkey.create': t('added a passkey'),
  'passkey.rename': t('renamed a passkey'),
  'passkey.delete': t('removed a passkey'),
  'session.create': t('signed in'),
  'session.end': t('signed out'),
  'session.revoke': t('ended other sessions'),
  'session.refuse': t('failed sign-in'),
  'request.refuse': t('was not allowed'),
  'alerts.update': t('changed the alerts of all workflows'),
  'audit.export': t('exported the audit log'),
  'channel.create': t('created a channel'),
  'channel.delete': t('deleted a channel'),
  'channel.test': t('sent a test message'),
  'channel.update': t('changed a channel'),
  'connection.authorize': t('began the sign-in of a connection'),
  'connection.create': t('created a connection'),
  'connection.delete': t('deleted a connection'),
  'connection.disconnect': t('ended the sign-in of a connection'),
  'connection.sign_in': t('signed in for a connection'),
  'connection.update': t('changed a connection'),
  'dead_letters.dismiss': t('dismissed dead letters'),
  'dead_letters.replay': t('replayed dead letters'),
  'decisions.anchor': t('anchored the decisions of'),
  'decisions.expire': t('deleted decisions at the end of their time of'),
  'decisions.explain': t('asked what would have changed a decision of'),
  'decisions.export': t('exported decisions'),
  'environment.build': t('built packages again'),
  'environment.delete': t('removed built packages'),
  'privacy.erase': t('erased personal data'),
  'privacy.export': t('exported personal data'),
  'privacy.find': t('looked for personal data'),
  'run.delete': t('deleted a run'),
  'runs.delete': t('deleted runs'),
  'runtime.create': t('added a Python version'),
  'sample_call.sign': t('signed a sample call'),
  'sample_request.put': t('changed the sample request'),
  'shared_setting.delete': t('deleted a shared setting'),
  'shared_setting.set': t('set a shared setting'),
  'silence.delete': t('unmuted alerts'),
  'silence.set': t('muted alerts'),
  'view.create': t('shared a view'),
  'view.delete': t('deleted a shared view'),
  'view.update': t('changed a shared view'),
  'workflow.delete': t('deleted a workflow'),
  'workflow.duplicate': t('duplicated a workflow'),
  'workflow.import': t('imported a workflow'),
  'workflow.push': t('pushed a workflow'),
}

/** Unknown actions keep the server's name. */
export const actionWords = (action: string): string => ACTIONS[action] ?? action

/** Fields of stored values: "version 4, percent 50". A cut value may be no JSON. */
const FIELDS: Readonly<Record<string, string>> = {
  name: t('Name'),
  description: t('Description'),
  enabled: t('Enabled'),
  archived: t('Archived'),
  runtime: t('Runtime'),
  schedule: t('Schedule'),
  timeout_seconds: t('Time limit'),
  max_concurrency: t('Concurrency'),
  isolation: t('Isolation'),
  memory_mib: t('Memory'),
  variables: t('Environment variables'),
  body_limit_bytes: t('Request size limit'),
  retention_days: t('Retention in days'),
  retention_bytes: t('Retention in bytes'),
  idempotency: t('Idempotency key'),
  lane: t('Ordering key'),
  request_schema: t('JSON Schema of the body'),
  answer: t('Response'),
  retries: t('Retries'),
  sender_check: t('Who may call'),
  methods: t('HTTP methods'),
  allowed_ips: t('Addresses'),
  rate_limit: t('Limit the call rate'),
  propagate_trace: t('Send the trace with outgoing calls'),
  record_outbound: t('Record outgoing calls'),
  deploy_gate: t('Deploy check'),
  canary: t('Canary'),
  deployed_version: t('Deployed version'),
  alerts: t('Alerts'),
  privacy: t('Personal data'),
  decisions: t('Decisions'),
  egress: t('Network'),
  editors: t('Editors'),
  shared_settings: t('Shared properties'),
  connections: t('Connections'),
  tags: t('Tags'),
  role: t('Role'),
  host: t('Host and port'),
  workflows: t('Workflows'),
  note: t('Note'),
  provider: t('Service'),
  client_id: t('Client ID'),
  scopes: t('Scopes of the service'),
  grant: t('OAuth grant'),
  client_auth: t('Client authentication'),
  authorization_url: t('Authorization URL'),
  token_url: t('Token URL'),
  search: t('Search'),
  shared: t('Shared'),
}

export const fieldWords = (name: string): string => FIELDS[name] ?? name.replaceAll('_', ' ')

export function valueWords(text: string | null): string {
  if (text === null) return t('none')
  try {
    return wordsOf(JSON.parse(text))
  } catch {
    return text
  }
}

function wordsOf(value: unknown): string {
  if (value === null) return t('none')
  if (typeof value === 'boolean') return value ? t('yes') : t('no')
  if (Array.isArray(value)) return value.length === 0 ? t('none') : value.map(wordsOf).join(', ')
  if (typeof value !== 'object') return String(value)
  return Object.entries(value)
    .map(([name, one]) => `${name.replaceAll('_', ' ')} ${nestedWords(one)}`)
    .join(', ')
}

const nestedWords = (value: unknown): string =>
  typeof value === 'object' && value !== null ? `(${wordsOf(value)})` : wordsOf(value)
