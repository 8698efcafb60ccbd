/** Fifteen public scripts, one for each of fifteen things that HR people automate, and the services that they call, as a fake. */

import { createServer } from 'node:http'
import { resumePdf } from '../../src/demo/documents/resume.ts'

export type RealScript = {
  readonly what: string
  readonly repository: string
  readonly path: string
  readonly dependencies: readonly string[]
  /** Other files of the repository that it imports. */
  readonly modules?: readonly string[]
  /** Files that it reads, by their name for it. */
  readonly inputs?: Readonly<Record<string, string>>
  /** Python before the script runs: what its author had on the machine. */
  readonly before?: string
  /** Python after it, inside of the redirection of what is printed: calls what the script defines. */
  readonly after?: string
  /** A part of what it prints. */
  readonly expected: string
  /** Why it can't end well here, where it can't. */
  readonly reason?: string
}

export const REAL_SCRIPTS: readonly RealScript[] = [
  {
    what: '1 CSV and Excel to JSON',
    repository: 'petercripps/python-data-analysis',
    path: 'code/pandas_files.py',
    dependencies: ['pandas', 'openpyxl'],
    inputs: { 'employee-data.csv': 'code/employee-data.csv', 'employee-data.xlsx': 'code/employee-data.xlsx' },
    expected: 'Jenkins',
  },
  {
    what: '2 text of a PDF',
    repository: 'AkshathKamath/ResumeSage-GPT-api',
    path: 'pdf/pdf_handling.py',
    dependencies: ['PyPDF2', 'requests'],
    after: '    print(names["extract_text_from_pdf"](FAKE + "/resume.pdf"))',
    expected: 'Ada Lovelace',
  },
  {
    what: '3 Excel',
    repository: 'pryann/python-halado-otp-sept',
    path: 'open_files/04_xlsx/08_write_lists.py',
    dependencies: ['openpyxl'],
    before: 'os.mkdir("files")',
    after: '    print(os.listdir("files"))',
    expected: 'employees-backup-1.xlsx',
  },
  {
    what: '4 SFTP',
    repository: 'jksonar/python3',
    path: 'codes_for_paramiko/uploadFileSFTP.py',
    dependencies: ['paramiko'],
    expected: 'File uploaded.',
    reason: 'its server is a placeholder, "hostname", and no fake speaks SSH here',
  },
  {
    what: '5 PostgreSQL',
    repository: 'jabhis/Practice',
    path: 'Readfromdb.py',
    dependencies: ['psycopg2-binary'],
    expected: 'Tripti',
    reason: "its database is on its author's machine",
  },
  {
    what: '6 Google Sheets',
    repository: 'ymirandav/Tecnolog-as-de-Construcci-n-de-Software',
    path: 'Practica1/Escribir.py',
    dependencies: ['google-api-python-client', 'google-auth', 'cryptography'],
    before: `from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa
pem = rsa.generate_private_key(65537, 2048).private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
with open("key.json", "w") as file:
    json.dump({"type": "service_account", "client_email": "a@example.com", "private_key": pem.decode(), "token_uri": FAKE + "/token"}, file)
from googleapiclient import discovery
discovery_build = discovery.build
discovery.build = lambda *a, **k: discovery_build(*a, client_options={"api_endpoint": FAKE}, **k)`,
    expected: 'Datos insertados correctamente',
  },
  {
    what: '7 S3',
    repository: 'kusmin/python-scripts',
    path: 'aws.py',
    dependencies: ['boto3'],
    before: 'os.environ["AWS_ENDPOINT_URL"] = FAKE\nopen("pycode.jpg", "wb").write(b"image")',
    after: '    print("uploaded")',
    expected: 'uploaded',
  },
  {
    what: '8 XML feed of jobs',
    repository: 'nwisniowski/COMP490GroupProjects',
    path: 'Project1/project1.py',
    dependencies: ['lxml', 'requests'],
    before:
      'import requests\nget = requests.get\nrequests.get = lambda url, **k: get(FAKE + "/feed.xml", **k)\nbuiltins.input = lambda prompt: "1"',
    expected: 'Payroll officer',
  },
  {
    what: '9 RSS with ETag',
    repository: 'TomWeberndorfer/pythonFinance',
    path: 'NewsFeedReader/test3345.py',
    dependencies: ['feedparser'],
    before: 'os.environ["http_proxy"] = FAKE',
    expected: 'feed length 1',
  },
  {
    what: '10 letters from a template',
    repository: 'anushas-dev/jinja2-template-examples',
    path: 'format_para.py',
    dependencies: ['jinja2'],
    expected: 'Hello John Doe',
  },
  {
    what: '11 a language model',
    repository: 'AkshathKamath/ResumeSage-GPT-api',
    path: 'resume/resume_summarize.py',
    dependencies: ['openai'],
    before: 'os.environ.update(OPENAI_BASE_URL=FAKE + "/v1", OPENAI_API_KEY="key")',
    after: '    print(names["summarize_resume"]("Ada Lovelace, mathematician"))',
    expected: 'A summary.',
  },
  {
    what: '12 phone numbers',
    repository: 'Nikitalokare/Pydantic-',
    path: 'validate_phone.py',
    dependencies: ['pydantic>=2', 'pydantic-extra-types', 'phonenumbers'],
    before: 'words = iter(["+33612345678", "FR"])\nbuiltins.input = lambda prompt: next(words)',
    expected: "phone='tel:+33-6-12-34-56-78'",
    reason: "its own mistake: `values.get`, which pydantic 2's validators do not have",
  },
  {
    what: '13 dates',
    repository: 'keisoko/datetime-relativedelta',
    path: 'dataclass_with_datetime_and_relativedelta.py',
    modules: ['my_python_modules.py'],
    dependencies: ['python-dateutil'],
    expected: 'My name is Dima Goldner',
  },
  {
    what: '14 models',
    repository: 'Nikitalokare/Pydantic-',
    path: 'demopydantic.py',
    dependencies: ['pydantic[email]'],
    expected: "name='Nikita'",
  },
  {
    what: '15 a hundred calls at once',
    repository: 'sycomix/scrapecrow',
    path: 'content/examples/async-scrape.py',
    dependencies: ['httpx'],
    before: 'os.environ["HTTP_PROXY"] = FAKE',
    expected: 'finished scraping in',
  },
]

const PDF = resumePdf(['Ada Lovelace']).toString('latin1')
const FEED = `<?xml version="1.0"?><rss version="2.0"><channel><title>Jobs</title><image><title>Jobs</title></image>
<item><title>Payroll officer</title><link>https://jobs.example.com/1</link>
<pubDate>Tue, 24 Nov 2026 10:00:00 GMT</pubDate><description>Full time</description></item></channel></rss>`

/** Answers as the services of the scripts do, also where it is asked as a proxy. */
export async function startFake() {
  const json = (value: unknown) => ['application/json', JSON.stringify(value)] as const
  const answerTo = (url: string): readonly [string, string] => {
    if (url.endsWith('.pdf')) return ['application/pdf', PDF]
    if (url.includes('/token')) return json({ access_token: 'token', expires_in: 3600, token_type: 'Bearer' })
    if (url.includes('/spreadsheets/')) return json({ updates: { updatedCells: 1 } })
    if (url.includes('/chat/completions')) {
      const message = { role: 'assistant', content: 'A summary.' }
      return json({
        id: '1',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, message, finish_reason: 'stop' }],
      })
    }
    if (/rss|feed/.test(url)) return ['application/rss+xml', FEED]
    return json({})
  }
  const fake = createServer((request, response) => {
    request.resume().on('end', () => {
      const [type, body] = request.method === 'PUT' ? ['application/xml', ''] : answerTo(request.url ?? '')
      response.setHeader('etag', '"1"')
      response.setHeader('content-type', type)
      response.end(body)
    })
  })
  await new Promise<void>((resolve) => void fake.listen(0, '127.0.0.1', resolve))
  const address = fake.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { port, close: () => new Promise<void>((resolve) => void fake.close(() => resolve())) }
}
