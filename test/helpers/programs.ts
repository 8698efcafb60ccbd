/** Programs that behave badly, in a folder for PATH. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Denies new namespaces and mounts like Docker's default profile, and then runs the real bubblewrap. */
export const FORBIDDEN_BWRAP = `#!/usr/bin/python3 -I
import ctypes, os, struct, sys
UNSHARE, MOUNT, CLONE, SECCOMP = {'x86_64': (272, 165, 56, 317), 'aarch64': (97, 40, 220, 277)}[os.uname().machine]
LINES = [(0x20, 0, 0, 0), (0x15, 5, 0, UNSHARE), (0x15, 4, 0, MOUNT), (0x15, 0, 2, CLONE), (0x20, 0, 0, 16),
         (0x45, 1, 0, 0x7E020000), (6, 0, 0, 0x7FFF0000), (6, 0, 0, 0x50001)]
CODE = b''.join(struct.pack('<HBBI', *line) for line in LINES)
class Program(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_char_p)]
libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)
if libc.syscall(SECCOMP, 1, 0, ctypes.byref(Program(len(LINES), CODE))):
    sys.exit('the filter was not taken')
os.execv('/usr/bin/bwrap', ['bwrap'] + sys.argv[1:])
`

export type Folder = { readonly path: string; remove(): void }

/** Every user may start the program. */
export function folderWith(name: string, text: string, mode = 0o755): Folder {
  const path = mkdtempSync(join(tmpdir(), 'workflows-test-programs-'))
  chmodSync(path, 0o755)
  writeFileSync(join(path, name), text)
  chmodSync(join(path, name), mode)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
