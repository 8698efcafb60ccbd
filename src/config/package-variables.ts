/** Environment variables for package sources. */

import type { Environment } from './sources.ts'

/**
 * Selects variables of pip, uv, npm and their HTTP clients. They may contain credentials, so only the index gateway
 * gets them.
 */
export function pickPackageVariables(environment: Environment): Readonly<Record<string, string>> {
  const names =
    /^(?:(?:PIP|UV)_\w+|npm_(?:config_.+|token)|NODE_AUTH_TOKEN|(?:https?|all|no)_proxy|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|XDG_CONFIG_HOME)$/i
  const found = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || value === '' || !names.test(name) ? [] : [[name, value]],
  )
  return Object.fromEntries(found)
}
