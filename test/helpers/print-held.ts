/** Preloaded by a server, with `--expose-gc`: prints the held bytes at SIGUSR2. */

process.on('SIGUSR2', () => {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  console.log(`holds ${heapUsed + external} bytes`)
})
