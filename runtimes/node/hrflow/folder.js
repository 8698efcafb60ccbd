/** Parses the files of a folder, one after the other. */

const EXTENSIONS = new Set('.pdf .png .jpg .jpeg .bmp .doc .docx .rtf .dotx .odt .odp .ppt .pptx .msg'.split(' '))

/** Returns the answers and the errors by path: `{success, fail}`. */
export async function addFolder(client, given) {
  const { dirPath, isRecurcive = false, moveFailureTo, ...rest } = given
  if ('showProgress' in rest) throw new TypeError('addFolder: there is no showProgress')
  const { copyFile, readdir, readFile } = await import('node:fs/promises')
  const { basename, extname, join } = await import('node:path')
  const entries = await readdir(dirPath, { recursive: isRecurcive, withFileTypes: true })
  const found = { success: {}, fail: {} }
  for (const entry of entries) {
    if (!entry.isFile() || !EXTENSIONS.has(extname(entry.name).toLowerCase())) continue
    const path = join(entry.parentPath, entry.name)
    try {
      const profileFile = await readFile(path)
      found.success[path] = await client.profile.parsing.addFile({ ...rest, profileFile, profileFileName: entry.name })
    } catch (error) {
      found.fail[path] = error
      if (moveFailureTo !== undefined) await copyFile(path, join(moveFailureTo, unusedName(basename(path), found.fail)))
    }
  }
  return found
}

/** Two folders may have files of the same name. */
function unusedName(name, failed) {
  const same = Object.keys(failed).filter((path) => path.endsWith(`/${name}`)).length
  return same > 1 ? `same-file-name-${crypto.randomUUID()}_${name}` : name
}
