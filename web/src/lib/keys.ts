/** The name of the key that shortcuts are held with, as it is on this keyboard. */
export const MOD = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl'
