/** Packages that tests make: wheels and source distributions in a folder, which takes the place of an index. */

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

export type MadePackage = {
  readonly name: string
  readonly version: string
  /** Path to text; a module of the package's name that holds its version when it is left out. */
  readonly files?: Readonly<Record<string, string>>
  readonly requires?: readonly string[]
  /** Contents that a wheel has in the place of those that its RECORD has the hashes of. */
  readonly swapped?: Readonly<Record<string, string>>
  /** The tag of a wheel; `py3-none-any` when it is left out. */
  readonly tag?: string
  /** The program that builds it: then it is a source distribution. */
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

/** Writes the file of a package into the folder, which is made if it is not there. */
export function makePackage(folder: string, made: MadePackage): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  execFileSync('python3', ['-I', '-S', '-c', MAKE, folder], { input: JSON.stringify(made) })
}

/** The environment of a server that takes packages from these folders alone. */
export const onlyFrom = (...folders: string[]): Record<string, string> => ({
  UV_NO_INDEX: '1',
  UV_FIND_LINKS: folders.join(','),
})

/** A source with a block that asks for these packages. */
export function declaring(dependencies: readonly string[], body: string, more: readonly string[] = []): string {
  const lines = [`dependencies = ${JSON.stringify(dependencies)}`, ...more]
  return `# /// script\n${lines.map((line) => `# ${line}\n`).join('')}# ///\n${body}`
}
