import { STANDARD_MODULES } from '../../src/domain/modules/standard-modules.ts'

const PACKAGES: Readonly<Record<string, string>> = {
  attr: 'attrs',
  aws_lambda_powertools: 'aws-lambda-powertools',
  aws_xray_sdk: 'aws-xray-sdk',
  bs4: 'beautifulsoup4',
  Crypto: 'pycryptodome',
  cv2: 'opencv-python-headless',
  dateutil: 'python-dateutil',
  docx: 'python-docx',
  dotenv: 'python-dotenv',
  fitz: 'pymupdf',
  github: 'PyGithub',
  googleapiclient: 'google-api-python-client',
  jose: 'python-jose',
  jwt: 'PyJWT',
  nacl: 'PyNaCl',
  OpenSSL: 'pyOpenSSL',
  PIL: 'pillow',
  psycopg2: 'psycopg2-binary',
  sklearn: 'scikit-learn',
  yaml: 'PyYAML',
}
const BASE = new Set(['requests', 'hrflow'])
const IMPORT = /^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)[\w.]*[ \t]+import|import[ \t]+([^#\n]+))/gm
const ENVIRONMENT = /os\.(?:environ(?:\.get\(|\[)|getenv\()\s*['"](\w+)['"]/g

const SAME_NAMES = new Set(
  `aiohttp anthropic arrow boto3 botocore cachetools click cryptography faker feedparser flask gspread httpx
  html5lib jinja2 jmespath jsonschema lxml markdown matplotlib mistralai nltk numpy openai openpyxl orjson pandas paramiko
  pendulum phonenumbers playwright polars pydantic pymongo pymysql pypdf pytz rapidfuzz redis regex scipy selenium sendgrid
  slack_sdk sqlalchemy stripe tenacity tiktoken tqdm twilio urllib3 validators websockets xmltodict`.split(/\s+/),
)

export type Packages = {
  readonly known: readonly string[]
  /** Modules of unknown packages: a guess might install a malicious one. */
  readonly unknown: readonly string[]
}

export function packagesOf(code: string, own: ReadonlySet<string>): Packages {
  const foreign = modulesOf(code).filter((name) => !STANDARD_MODULES.has(name) && !own.has(name) && !BASE.has(name))
  const named = foreign.map((name) => ({
    name,
    package: PACKAGES[name] ?? (SAME_NAMES.has(name) ? name.replaceAll('_', '-') : null),
  }))
  return {
    known: [...new Set(named.flatMap((one) => one.package ?? []))].sort(),
    unknown: [...new Set(named.flatMap((one) => (one.package === null ? [one.name] : [])))].sort(),
  }
}

export const modulesOf = (code: string): readonly string[] =>
  [...code.matchAll(IMPORT)]
    .flatMap(([, from, several = '']) =>
      from === undefined ? several.split(',').map((item) => item.trim().split(/[\s.]/)[0] ?? '') : [from],
    )
    .filter((name) => /^[A-Za-z_]\w*$/.test(name))

/** Inline script metadata (PEP 723), if any. */
export function scriptBlock(requirements: readonly string[]): string {
  if (requirements.length === 0) return ''
  const lines = requirements.map((requirement) => `#     ${JSON.stringify(requirement)},`)
  return ['# /// script', '# dependencies = [', ...lines, '# ]', '# ///', '', ''].join('\n')
}

/** Settings exist only during a run, not at import. */
export const readsAtImport = (code: string): boolean =>
  /^[^\s#].*(os\.environ|os\.getenv|boto3\.(client|resource|Session))/m.test(code)

export const variablesOf = (code: string): readonly string[] => [
  ...new Set([...code.matchAll(ENVIRONMENT)].map(([, name = '']) => name)),
]
