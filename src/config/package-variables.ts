/** The variables of the environment that say where packages come from. */

import type { Environment } from './sources.ts'

/** Those that pip, uv, npm and their HTTP clients read. They may hold credentials, and reach the index gateway alone. */
export function pickPackageVariables(environment: Environment): Readonly<Record<string, string>> {
  const names =
    /^(?:(?:PIP|UV)_\w+|npm_(?:config_.+|token)|NODE_AUTH_TOKEN|(?:https?|all|no)_proxy|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|XDG_CONFIG_HOME)$/i
  const found = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || value === '' || !names.test(name) ? [] : [[name, value]],
  )
  return Object.fromEntries(found)
}
