export function downloadText(name: string, text: string, type = 'text/plain'): void {
  downloadFile(name, new Blob([text], { type: `${type};charset=utf-8` }))
}

/** A browser must never open the file. */
export function downloadFile(name: string, file: Blob): void {
  const url = URL.createObjectURL(file.type.startsWith('text/') ? file : new Blob([file]))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
