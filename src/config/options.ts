/** `npm run client` writes docs/reference/options.md from this table. */

import { join, resolve } from 'node:path'
import { BACKUP_OPTIONS, BUCKET_OPTIONS } from './backups.ts'
import { OIDC_OPTIONS } from './oidc.ts'
import type { OptionGroup, ValuesOf } from './option.ts'
import { PACKAGE_OPTIONS } from './packages.ts'
import {
  homeFolder,
  mebibytes,
  oneOf,
  parseApiKey,
  parseBaseUrl,
  parseDatabaseUrl,
  parseDenials,
  parseEgress,
  parseFolders,
  parseHost,
  parsePages,
  parseRanges,
  parseSecretKey,
  parseSmtpUrl,
  parseSwitch,
  SANDBOX_MODES,
  seconds,
  whole,
} from './parse.ts'

export const OPTIONS = {
  server: {
    host: {
      variable: 'WORKFLOWS_HOST',
      default: '127.0.0.1',
      parse: parseHost,
      doc: 'The address that the server listens on.',
    },
    port: {
      variable: 'WORKFLOWS_PORT',
      default: '4400',
      parse: whole(0, 65535),
      doc: 'The port. Port 0 picks a free one and prints it.',
    },
    publicUrl: {
      variable: 'WORKFLOWS_PUBLIC_URL',
      default: null,
      shownDefault: 'from host and port',
      parse: parseBaseUrl,
      doc: 'The URL of the app, and the base of the hook URLs that it shows.',
    },
    hooksUrl: {
      variable: 'WORKFLOWS_HOOKS_URL',
      default: null,
      shownDefault: 'the public URL',
      parse: parseBaseUrl,
      doc: 'The base of the hook URLs if hooks have a separate host, best on another domain than the app. Needs `WORKFLOWS_PUBLIC_URL`.',
    },
    trustedProxies: {
      variable: 'WORKFLOWS_TRUSTED_PROXIES',
      default: '',
      parse: parseRanges,
      doc: 'Proxies whose `X-Forwarded-For` is believed: addresses and ranges, separated by commas ([proxies](../operate/proxies.md)).',
    },
    loginFor: {
      variable: 'WORKFLOWS_LOGIN_FOR',
      default: '',
      parse: parsePages,
      doc: 'Pages that need a session or an API key with the scope `read`: `metrics`, `docs`, or both. They are public otherwise.',
    },
    drainSeconds: {
      variable: 'WORKFLOWS_DRAIN_SECONDS',
      default: '0',
      parse: whole(0, 600),
      doc: 'How long a server that got SIGTERM continues to serve, while `/readyz` answers 503 and each connection ends after its answer. Then it refuses new connections for 1 s and serves kept ones.',
    },
    demo: {
      variable: 'WORKFLOWS_DEMO',
      default: 'off',
      parse: (text: string) => text === '1' || (text !== '0' && parseSwitch(text)),
      doc: '`1`: starts a stand-in HrFlow on `127.0.0.1:4410`, or another port if that is taken, which functions may reach, so that all examples work without an account, and twins of Greenhouse, SmartRecruiters, Lever, Workable, Recruitee, Teamtailor and Slack on ports from 4411 on. `GET /api/system` then has `demo` and `twins`. Not for production.',
    },
  },
  database: {
    dataDir: {
      variable: 'WORKFLOWS_DATA_DIR',
      default: resolve('data'),
      shownDefault: '`./data`',
      parse: (text: string) => resolve(text),
      doc: 'The directory of the key file, the environments of packages and, without `DATABASE_URL`, the database. At the start the rights of other users to it are removed with a warning. A directory that all users share is refused.',
    },
    databaseUrl: {
      variable: 'DATABASE_URL',
      default: null,
      shownDefault: 'none: embedded SQLite',
      parse: parseDatabaseUrl,
      secret: true,
      doc: 'The URL of a PostgreSQL database, such as `postgres://user:password@host:5432/database`.',
    },
    directUrl: {
      variable: 'WORKFLOWS_DATABASE_DIRECT_URL',
      default: null,
      parse: parseDatabaseUrl,
      secret: true,
      doc: 'The URL of PostgreSQL itself if `DATABASE_URL` is that of [a pooler](../operate/sizing.md#several-servers). It serves signals, leases, starts and ends of runs and upgrades. Without it such a server refuses to start.',
    },
    connections: {
      variable: 'WORKFLOWS_DATABASE_CONNECTIONS',
      default: '16',
      parse: whole(2, 1000),
      doc: 'Connections to PostgreSQL for runs and lists. A server uses 9 more for everything else.',
    },
    copyUrl: {
      variable: 'WORKFLOWS_UPGRADE_COPY_URL',
      default: null,
      parse: parseDatabaseUrl,
      secret: true,
      doc: 'A copy of the PostgreSQL database, on which `npm run upgrade -- --check` tries an upgrade.',
    },
    leaseMs: {
      variable: 'WORKFLOWS_LEASE_SECONDS',
      default: '30',
      parse: seconds(3, 600),
      doc: 'On PostgreSQL: how long other servers wait for a sign of life before they take over the runs of a server.',
    },
    maxClockMs: {
      variable: 'WORKFLOWS_CLOCK_SECONDS',
      default: '30',
      parse: seconds(5, 3600),
      doc: "On PostgreSQL: how far this server's clock may differ from the database's. Beyond it, the server does not start. A running one answers hooks, manual runs, replays and `/readyz` with 503, deletes nothing and starts no schedules until the clocks agree.",
    },
  },
  access: {
    apiKey: {
      variable: 'WORKFLOWS_API_KEY',
      default: null,
      parse: parseApiKey,
      secret: true,
      doc: 'An API key with owner rights that exists from the first start. A key of less than 16 characters causes a warning.',
    },
    secretKey: {
      variable: 'WORKFLOWS_SECRET_KEY',
      default: null,
      shownDefault: 'generated into the data directory',
      parse: parseSecretKey,
      secret: true,
      doc: 'Base64 of 32 bytes that encrypt settings at rest. The generated file has mode 0600.',
    },
    newSecretKey: {
      variable: 'WORKFLOWS_NEW_SECRET_KEY',
      default: null,
      parse: parseSecretKey,
      secret: true,
      doc: 'The key that `npm run rotate-key` changes to if the secret key comes from the environment ([keys](../operate/backups.md)).',
    },
  },
  oidc: OIDC_OPTIONS,
  sandbox: {
    sandbox: {
      variable: 'WORKFLOWS_SANDBOX',
      default: 'auto',
      parse: oneOf(SANDBOX_MODES),
      doc: '`bwrap`, `landlock`: refuse to start without it · `none`: no sandbox, for trusted code · `auto`: the best that passes its test at the start, with a warning if it is not `bwrap`. Refuses to start if bubblewrap is installed and the test finds a hole ([sandbox](../operate/sandbox.md)).',
    },
    zygotes: {
      variable: 'WORKFLOWS_ZYGOTES',
      default: 'on',
      parse: parseSwitch,
      doc: '`on`: sandboxes are copies of a running Python if that passes its test at the start ([decision](../decisions/0011-zygotes.md)) · `off`: each sandbox starts its own Python, and each run in JavaScript its own Node.',
    },
    maxWorkers: {
      variable: 'WORKFLOWS_SANDBOXES_AT_ONCE',
      default: '128',
      parse: whole(2, 1000),
      doc: 'How many sandboxes this server keeps, without the warm ones that wait for a first run. Fewer if all have one user. A workflow may hold half of what the others leave. More need memory ([sizing](../operate/sizing.md)).',
    },
  },
  programs: {
    programFolders: {
      variable: 'PATH',
      default: '/usr/local/bin:/usr/bin:/bin',
      parse: parseFolders,
      doc: 'Directories that are searched for programs such as bubblewrap.',
    },
    uvPythons: {
      variable: 'UV_PYTHON_INSTALL_DIR',
      default: join(homeFolder(), '.local/share/uv/python'),
      shownDefault: '`~/.local/share/uv/python`',
      parse: (text: string) => resolve(text),
      doc: "uv's directory for Python versions.",
    },
  },
  egress: {
    allow: {
      variable: 'WORKFLOWS_EGRESS_ALLOW',
      default: '',
      parse: parseEgress,
      doc: 'Targets in private or loopback ranges that functions may reach: `host:port`, separated by commas. Also `host:25` for mail.',
    },
    deny: {
      variable: 'WORKFLOWS_EGRESS_DENY',
      default: '',
      parse: parseDenials,
      doc: 'Addresses and ranges that functions may not reach, separated by commas, with or without a port: `203.0.113.0/24`, `203.0.113.7:25`, `[2001:db8::/32]:443`. Overrides `WORKFLOWS_EGRESS_ALLOW`.',
    },
    internalHosts: {
      variable: 'WORKFLOWS_INTERNAL_HOSTS',
      default: 'owner',
      parse: oneOf(['owner', 'operator']),
      doc: '`owner`: owners open private addresses for functions under *Settings → Network* · `operator`: nobody changes that list, and its entries stay.',
    },
  },
  runs: {
    queuedAtOnce: {
      variable: 'WORKFLOWS_QUEUED_AT_ONCE',
      default: '16',
      parse: whole(1, 1000),
      doc: 'How many queued runs this server executes at the same time. Use more if they wait for other services.',
    },
    queueSeconds: {
      variable: 'WORKFLOWS_QUEUE_SECONDS',
      default: '30',
      parse: whole(0, 3600),
      doc: 'How long a hook waits for a free slot.',
    },
    graceSeconds: {
      variable: 'WORKFLOWS_GRACE_SECONDS',
      default: '30',
      parse: whole(0, 3600),
      doc: 'How long active runs may finish when the server stops.',
    },
  },
  packages: PACKAGE_OPTIONS,
  retention: {
    days: {
      variable: 'WORKFLOWS_RETENTION_DAYS',
      default: '30',
      parse: whole(1, 36_500),
      doc: 'How long ended runs are kept, for workflows without their own limit.',
    },
    bytes: {
      variable: 'WORKFLOWS_RETENTION_MIB',
      default: '10240',
      parse: mebibytes(1, 1024 ** 3),
      doc: 'How much of ended runs is kept for each workflow without its own limit.',
    },
    totalBytes: {
      variable: 'WORKFLOWS_RETENTION_TOTAL_MIB',
      default: '102400',
      parse: mebibytes(1, 1024 ** 3),
      doc: 'How much of ended runs is kept for all workflows together. The oldest are deleted first.',
    },
    auditDays: {
      variable: 'WORKFLOWS_AUDIT_DAYS',
      default: '730',
      parse: whole(1, 36_500),
      doc: 'How long lines of the audit log are kept.',
    },
    auditLines: {
      variable: 'WORKFLOWS_AUDIT_LINES',
      default: '1000000',
      parse: whole(1000, 1_000_000_000),
      doc: 'How many lines of the audit log are kept.',
    },
  },
  backups: BACKUP_OPTIONS,
  bucket: BUCKET_OPTIONS,
  alerts: {
    smtpUrl: {
      variable: 'WORKFLOWS_SMTP_URL',
      default: null,
      parse: parseSmtpUrl,
      secret: true,
      doc: 'The mail server for [alerts](../guides/alerts.md) and invitations, such as `smtp://user:password@host:587?from=…`.',
    },
  },
} as const satisfies Readonly<Record<string, OptionGroup>>

export type Values = { readonly [G in keyof typeof OPTIONS]: ValuesOf<(typeof OPTIONS)[G]> }
