import type { Connection } from '../../../domain/connections/connection.ts'
import type { Preset } from '../../../domain/connections/presets.ts'
import type { Use } from '../../../store/database/uses.ts'
import { timeOrNull, timeText } from '../common/present.ts'

export function presentConnection(connection: Connection, used: readonly Use[], redirectUri: string) {
  const { config } = connection
  return {
    id: connection.id,
    name: connection.name,
    provider: config.provider,
    client_id: config.clientId,
    has_client_secret: connection.clientSecret !== null,
    scopes: [...config.scopes],
    grant: config.grant,
    client_auth: config.clientAuth,
    extra_parameters: { ...config.extraParameters },
    issuer: config.issuer,
    authorization_url: config.authorizationUrl,
    token_url: config.tokenUrl,
    revocation_url: config.revocationUrl,
    userinfo_url: config.userinfoUrl,
    redirect_uri: redirectUri,
    status: connection.status,
    problem: connection.problem,
    account: connection.account,
    expires_at: timeOrNull(connection.expiresAt),
    refreshed_at: timeOrNull(connection.refreshedAt),
    used_by: used.map(({ workflowId, workflowName }) => ({ workflow_id: workflowId, workflow_name: workflowName })),
    created_by: connection.createdBy,
    created_at: timeText(connection.createdAt),
  }
}

export const presentProvider = (preset: Preset) => ({
  provider: preset.provider,
  name: preset.name,
  grant: preset.grant,
  client_auth: preset.clientAuth,
  issuer: preset.issuer,
  authorization_url: preset.authorizationUrl,
  token_url: preset.tokenUrl,
  revocation_url: preset.revocationUrl,
  scopes: [...preset.scopes],
  extra_parameters: { ...preset.extraParameters },
  notes: preset.notes,
  docs: preset.docs,
})
