import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { flush } from '../backup.ts'
import { sealFile } from '../sealed-file.ts'
import { BACKUP_NAME, type BackupPlace, newestFirst } from './kept.ts'

const LEFT = /^workflows-\d{8}T\d{6}Z\.db\.enc\.part$/

export function openDirectory(directory: string): BackupPlace {
  const addressOf = (name: string) => join(directory, name)
  return {
    isRemote: false,
    addressOf,
    async put(name, { plain, secretKey }) {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      const part = `${addressOf(name)}.part`
      try {
        await sealFile(plain, part, secretKey)
        renameSync(part, addressOf(name))
        flush(directory)
      } catch (error) {
        rmSync(part, { force: true })
        throw error
      }
    },
    async list() {
      const found = namesLike(directory, BACKUP_NAME).flatMap((name) => {
        const file = statSync(addressOf(name), { throwIfNoEntry: false })
        return file === undefined ? [] : [{ name, at: file.mtimeMs, bytes: file.size }]
      })
      return newestFirst(found)
    },
    async remove(name) {
      rmSync(addressOf(name))
    },
    async removeLeftovers() {
      const left = namesLike(directory, LEFT).map(addressOf)
      for (const file of left) rmSync(file, { force: true })
      return left
    },
  }
}

export const namesLike = (directory: string, name: RegExp): readonly string[] =>
  existsSync(directory) ? readdirSync(directory).filter((one) => name.test(one)) : []
