import { t } from '../../lib/i18n/t.ts'

export const OTHER = 'oauth2'

/** The API is English. */
export const NOTES: Readonly<Record<string, string>> = {
  google: t('While the consent screen is in testing, Google ends refresh tokens after 7 days.'),
  microsoft: t('An application of one tenant needs the id of the tenant instead of common in both addresses.'),
  slack: t('Tokens expire only if token rotation is on in the settings of the app.'),
  salesforce: t('A sandbox has test.salesforce.com in each address.'),
  greenhouse: t(
    'Harvest v3. A custom integration uses client_credentials, with the extra parameter sub for a user. A partner uses authorization_code, whose refresh tokens last 24 hours.',
  ),
  smartrecruiters: t(
    'An administrator creates an OAuth client ID in the Credential Manager, and chooses its scopes there.',
  ),
  bullhorn: t(
    'A refresh token can be used once. The function exchanges the access token for a session of the REST API. Each data centre has its own addresses, which loginInfo returns for a user.',
  ),
  zoho_recruit: t('Another data centre has another domain, such as accounts.zoho.eu.'),
  lever: t('The sandbox has sandbox-lever.auth0.com and the audience https://api.sandbox.lever.co/v1/.'),
  oauth2: t('Name the addresses of the service, or its issuer, whose metadata is read (RFC 8414, OpenID).'),
}

export const OTHER_NAME = t('Another service (OAuth 2)')
