import { mebibytes, parseSwitch, whole } from './parse.ts'
import type { Environment } from './sources.ts'

export const PACKAGE_OPTIONS = {
  allowSources: {
    variable: 'WORKFLOWS_PACKAGE_BUILDS',
    default: 'on',
    parse: parseSwitch,
    doc: '`off`: [packages](../guides/packages.md) are installed from wheels only.',
  },
  pythonDownloads: {
    variable: 'WORKFLOWS_PYTHON_DOWNLOADS',
    default: 'off',
    parse: parseSwitch,
    doc: '`on`: owners may add Python versions, which uv downloads.',
  },
  environmentDays: {
    variable: 'WORKFLOWS_ENVIRONMENT_DAYS',
    default: '30',
    parse: whole(1, 36_500),
    doc: 'Days after which an environment is removed that no deployed version uses.',
  },
  cacheBytes: {
    variable: 'WORKFLOWS_PACKAGE_CACHE_MIB',
    default: '1024',
    parse: mebibytes(0, 1_000_000),
    doc: 'How much disk space cached packages may use that no environment uses.',
  },
} as const

/** They may contain credentials, so only the index gateway gets them. */
export function pickPackageVariables(environment: Environment): Readonly<Record<string, string>> {
  const names =
    /^(?:(?:PIP|UV)_\w+|npm_(?:config_.+|token)|NODE_AUTH_TOKEN|(?:https?|all|no)_proxy|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|XDG_CONFIG_HOME)$/i
  const found = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || value === '' || !names.test(name) ? [] : [[name, value]],
  )
  return Object.fromEntries(found)
}
