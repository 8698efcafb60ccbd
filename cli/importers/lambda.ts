import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { writeWorkflowYaml } from '../../src/domain/folders/workflow-yaml.ts'
import { newWorkflow } from '../../src/domain/workflows/fields.ts'
import { Failure } from '../errors.ts'
import { chooseHandler, type LambdaCode, type LambdaOptions, MAX_MODULES, readsInvocation } from './lambda-code.ts'
import { isScriptLambda, readScriptLambda } from './lambda-javascript.ts'
import { LAMBDA_MODULE } from './lambda-python.ts'
import { nameModules } from './module-names.ts'
import { modulesOf, packagesOf, readsAtImport, scriptBlock, variablesOf } from './python-code.ts'
import { listFiles, readInside } from './read-inside.ts'
import { emptySecrets, type Imported } from './report.ts'

const USUAL = [
  'lambda_function.lambda_handler',
  'app.lambda_handler',
  'index.handler',
  'main.handler',
  'handler.handler',
]
const SKIPPED = /^(\.|__pycache__$|node_modules$|tests?$|venv$)/
const OTHER_EVENTS = /\[['"](Records|detail|detail-type|Sns|s3|dynamodb)['"]\]|\bevent\.(Records|detail|source)\b/
const VERSION_1 = /['"](httpMethod|multiValue\w+)['"]|\bevent(\[|\.get\()['"]path['"]/

/** Throws a Failure without a handler. */
export function importLambda(path: string, options: LambdaOptions): Imported {
  if (!existsSync(path)) throw new Failure(`There is no file or folder ${path}.`)
  const isFolder = statSync(path).isDirectory()
  const name = options.name ?? basename(isFolder ? path : path.replace(/\.[^.]+$/, ''))
  const made = isScriptLambda(path) ? readScriptLambda(path, options) : readPythonLambda(path, options)
  const variables = made.variables.filter((variable) => !variable.startsWith('AWS_LAMBDA'))
  const workflow = newWorkflow({
    id: '',
    name,
    kind: 'catch',
    hookKey: null,
    createdAt: 0,
    maxConcurrency: 10,
    runtime: made.runtime,
  })
  return {
    name,
    files: new Map([
      ['workflow.yaml', writeWorkflowYaml(workflow)],
      ...made.files,
      ['settings.env', emptySecrets(variables)],
      ['samples/sample.json', `${JSON.stringify({ body: {} }, null, 2)}\n`],
    ]),
    carriedOver: [
      `the handler ${made.handler} and ${made.moduleCount} ${made.moduleCount === 1 ? 'module' : 'modules'}; ${made.isInvoked ? 'the event is the JSON of the body, as of a direct invocation' : 'events as of a function URL'}`,
      ...(made.readsVersion1
        ? ['fields of payload version 1.0 (`httpMethod`, `path`), which the code reads, beside those of 2.0']
        : []),
      made.packages.length === 0
        ? 'no packages besides those of every workflow'
        : `packages ${made.packages.join(', ')} (${made.origin})`,
    ],
    notCarriedOver: [...missing(made, variables), ...made.notCarriedOver],
  }
}

function readPythonLambda(path: string, { handler }: LambdaOptions): LambdaCode {
  const isFolder = statSync(path).isDirectory()
  const root = isFolder ? path : dirname(path)
  const modules = isFolder ? readModules(root) : withImported(path, root)
  const entry = findHandler(modules, handler)
  const code = [...modules.values()].join('\n')
  const own = new Set([...modules.keys()].map((file) => file.replace(/\.py$/, '').split('/')[0] ?? ''))
  const listed = readRequirements(root)
  const { known, unknown } = packagesOf(code, own)
  const packages = listed === null ? known : [...listed, ...ownOfLambda(known, listed)]
  const isInvoked = readsInvocation(code)
  const readsVersion1 = VERSION_1.test(code)
  const named = nameModules(modules, ['aws_lambda.py'])
  const source = writeSource(moduleOf(named.newPath(entry.file)), entry.name, readsAtImport(code), {
    readsVersion1,
    isInvoked,
  })
  return {
    runtime: 'python3',
    files: new Map([
      ['workflow.py', scriptBlock(packages) + source],
      ['aws_lambda.py', LAMBDA_MODULE],
      ...named.modules,
    ]),
    handler: calledAs(entry),
    code,
    variables: variablesOf(code),
    readsVersion1,
    isInvoked,
    moduleCount: modules.size,
    packages,
    origin: listed === null ? 'by the modules that are imported' : 'of requirements.txt',
    notCarriedOver: [
      ...named.notCarriedOver,
      ...(listed === null ? unknown : []).map(
        (module) => `the package of the module ${module}: add it to the block \`# /// script\``,
      ),
    ],
  }
}

/** Lambda's runtimes have these packages, so requirements.txt can omit them. */
const ownOfLambda = (known: readonly string[], listed: readonly string[]): readonly string[] =>
  known.filter((name) => /^boto(3|core)$/.test(name) && !listed.some((line) => new RegExp(`^${name}\\b`).test(line)))

type Event = Pick<LambdaCode, 'readsVersion1' | 'isInvoked'>

function writeSource(module: string, name: string, late: boolean, { readsVersion1, isInvoked }: Event): string {
  const given = isInvoked ? ', invoked=True' : readsVersion1 ? ', version_1=True' : ''
  const head = 'from aws_lambda import call\n'
  if (!late) {
    return `${head}from ${module} import ${name}\n\n\ndef workflow(_request, settings):\n    return call(${name}, _request, settings${given})\n`
  }
  return `${head}

def handler(event, context):
    from ${module} import ${name}  # It reads variables when it is imported: they are set by then.
    return ${name}(event, context)


def workflow(_request, settings):
    return call(handler, _request, settings${given})
`
}

function missing({ code, isInvoked }: LambdaCode, variables: readonly string[]): readonly string[] {
  return [
    ...variables.map((variable) => `the value of ${variable}: set it with \`workflows settings set\``),
    ...(/\bboto(3|core)\b|aws-sdk/.test(code)
      ? [
          'the execution role: functions have no AWS credentials. Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_DEFAULT_REGION as settings',
        ]
      : []),
    ...(OTHER_EVENTS.test(code) && isInvoked
      ? ['events of S3, SNS, SQS, DynamoDB and EventBridge come by no trigger: send their JSON to the hook']
      : OTHER_EVENTS.test(code)
        ? ['events that are no HTTP calls (S3, SNS, SQS, DynamoDB, EventBridge): the hook only takes HTTP calls']
        : []),
    ...(/pathParameters|rawPath|\['?"?path|event\.path\b/.test(code)
      ? ['paths: a hook has one, so `rawPath` is always `/` and there are no `pathParameters`']
      : []),
    'layers, memory and timeout, methods other than POST, binary answers (`isBase64Encoded` answers must be text)',
  ]
}

type Handler = { readonly file: string; readonly name: string }

const moduleOf = (file: string): string => file.replace(/\.py$/, '').replaceAll('/', '.')
const calledAs = (one: Handler): string => `${moduleOf(one.file)}.${one.name}`

function findHandler(modules: ReadonlyMap<string, string>, wanted: string | undefined): Handler {
  const defined = [...modules].flatMap(([file, code]) =>
    [...code.matchAll(/^(?:async )?def (\w+)\(\s*\w+[^,)]*,\s*\w+[^,)]*\)/gm)].map(([, name = '']) => ({ file, name })),
  )
  return chooseHandler(defined, wanted, calledAs, { usual: USUAL, what: 'function', where: 'Python' })
}

function withImported(path: string, root: string): ReadonlyMap<string, string> {
  const all = readModules(root)
  const kept = new Map([[basename(path), readFileSync(path, 'utf8')]])
  for (const code of kept.values()) {
    const names = new Set(modulesOf(code))
    for (const [file, text] of all) if (names.has(file.replace(/\.py$/, '').split('/')[0] ?? '')) kept.set(file, text)
  }
  return kept
}

function readModules(root: string): ReadonlyMap<string, string> {
  const files = listFiles(root, /\.py$/, SKIPPED)
  const found = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
  if (found.size > MAX_MODULES) throw new Failure(`${root} has ${found.size} modules: a workflow holds ${MAX_MODULES}.`)
  return found
}

function readRequirements(root: string): readonly string[] | null {
  return (
    readInside(root, 'requirements.txt')
      ?.split('\n')
      .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
      .filter((line) => line !== '' && !line.startsWith('-')) ?? null
  )
}
