/** Wheels and source distributions in a folder that replaces an index. */

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

export type MadePackage = {
  readonly name: string
  readonly version: string
  /** Omitted: a module of the package's name that holds its version. */
  readonly files?: Readonly<Record<string, string>>
  readonly requires?: readonly string[]
  /** Contents that do not match the hashes in the wheel's RECORD. */
  readonly swapped?: Readonly<Record<string, string>>
  /** Omitted: `py3-none-any`. */
  readonly tag?: string
  /** A package with a build program is a source distribution. */
  readonly setup?: string
}

const MAKE = `
import base64, hashlib, io, json, sys, tarfile, zipfile
folder, package = sys.argv[1], json.load(sys.stdin)
name, version = package['name'].replace('-', '_'), package['version']
files = package.get('files') or {name + '.py': 'VERSION = %r\\n' % version}
metadata = 'Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n' % (package['name'], version)
metadata += ''.join('Requires-Dist: %s\\n' % text for text in package.get('requires', []))
if 'setup' in package:
    with tarfile.open('%s/%s-%s.tar.gz' % (folder, name, version), 'w:gz') as tar:
        for path, text in dict(files, **{'setup.py': package['setup'], 'PKG-INFO': metadata}).items():
            info = tarfile.TarInfo('%s-%s/%s' % (name, version, path))
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
else:
    info = '%s-%s.dist-info/' % (name, version)
    files = dict(files, **{
        info + 'METADATA': metadata,
        info + 'WHEEL': 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'})
    digest = lambda text: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()
    files[info + 'RECORD'] = ''.join(
        '%s,sha256=%s,%d\\n' % (path, digest(text), len(text.encode())) for path, text in files.items()) + info + 'RECORD,,\\n'
    files.update(package.get('swapped', {}))
    with zipfile.ZipFile('%s/%s-%s-%s.whl' % (folder, name, version, package.get('tag', 'py3-none-any')), 'w') as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
`

/** Creates the folder if it is missing. */
export function makePackage(folder: string, made: MadePackage): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  execFileSync('python3', ['-I', '-S', '-c', MAKE, folder], { input: JSON.stringify(made) })
}

/** The server takes packages from these folders only. */
export const onlyFrom = (...folders: string[]): Record<string, string> => ({
  UV_NO_INDEX: '1',
  UV_FIND_LINKS: folders.join(','),
})

/** Returns a source whose block declares these packages. */
export function declaring(dependencies: readonly string[], body: string, more: readonly string[] = []): string {
  const lines = [`dependencies = ${JSON.stringify(dependencies)}`, ...more]
  return `# /// script\n${lines.map((line) => `# ${line}\n`).join('')}# ///\n${body}`
}
