import { join } from 'node:path'
import type { Interpreter } from './interpreters.ts'
import { type Finished, lastLines, run } from './process.ts'
import type { Requirements } from './requirements.ts'
import { installDebianPackages } from './system-packages.ts'

type Install = {
  readonly interpreter: Interpreter
  readonly requirements: Requirements
  readonly target: string
  readonly scratch: string
}

// A source package's setup.py would run with the person's rights.
const WHEELS = ['--only-binary', ':all:']
// A package index must not choose programs that run here.
const LOCKED = ['--require-hashes', '--no-deps']
// An unreachable index must not delay the first start for minutes.
const QUIET = ['--disable-pip-version-check', '--no-input', '--retries', '1', '--timeout', '30', '-q']

/** Returns null, or a sentence about the failure. */
export async function installPackages(install: Install): Promise<string | null> {
  const { interpreter, requirements, target, scratch } = install
  const pip = (await makePip(interpreter, scratch)) ?? (await makePipAfterInstall(interpreter, scratch))
  if (pip === null) {
    return `${interpreter.executable} has neither pip nor venv: install them (on Debian: apt-get install python3-venv) and start again.`
  }
  const options = [...QUIET, ...WHEELS, ...LOCKED, '--upgrade', '--target', target]
  const installed = await python(scratch, pip, ['install', ...options, '-r', requirements.file])
  if (installed.status === 0) return null
  return `the Python packages could not be installed (is the package index in reach?):\n${lastLines(installed.output, 3)}`
}

/** 0.1 s of processor time, a virtual environment 2.6 s. Debian has its own folder for the wheel. */
const UNPACK_PIP = `
import ensurepip, glob, os, sys, zipfile
folders = [os.path.join(os.path.dirname(ensurepip.__file__), '_bundled'), '/usr/share/python-wheels']
name = 'pip-' + ensurepip.version() + '-*.whl'
wheels = [wheel for folder in folders for wheel in glob.glob(os.path.join(folder, name))]
with zipfile.ZipFile(wheels[0]) as wheel:
    wheel.extractall(sys.argv[1])
`

async function makePip({ executable }: Interpreter, scratch: string): Promise<readonly string[] | null> {
  const answers = async (pip: readonly string[]): Promise<boolean> =>
    /^pip \d+\./.test((await python(scratch, pip, ['--version'])).output)
  const folder = join(scratch, 'pip')
  const unpacked = await python(scratch, [executable, '-I', '-c'], [UNPACK_PIP, folder])
  const bundled = [executable, '-I', join(folder, 'pip')]
  if (unpacked.status === 0 && (await answers(bundled))) return bundled
  const venv = join(scratch, 'venv')
  const made = await python(scratch, [executable, '-I'], ['-m', 'venv', venv])
  const pip = [made.status === 0 ? join(venv, 'bin/python') : executable, '-I', '-m', 'pip']
  return (await answers(pip)) ? pip : null
}

async function makePipAfterInstall(interpreter: Interpreter, scratch: string): Promise<readonly string[] | null> {
  // Debian's venv package does not repair another Python.
  if (process.platform !== 'linux' || !interpreter.executable.startsWith('/usr/bin/')) return null
  const problem = await installDebianPackages(['python3-venv'])
  return problem === null ? makePip(interpreter, scratch) : null
}

function python(scratch: string, command: readonly string[], args: readonly string[]): Promise<Finished> {
  const [file = '', ...first] = command
  // Of pip's settings, only the index applies.
  const {
    PYTHONPATH: _path,
    PYTHONHOME: _home,
    PIP_TARGET: _target,
    PIP_PREFIX: _prefix,
    PIP_USER: _user,
    ...rest
  } = process.env
  // An interrupted pip leaves its temporary folders.
  return run(file, [...first, ...args], { environment: { ...rest, TMPDIR: scratch }, timeoutSeconds: 300 })
}
