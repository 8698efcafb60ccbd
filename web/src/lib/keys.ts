const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The name of the key that shortcuts are held with, as it is on this keyboard. */
export const MOD = IS_APPLE ? '⌘' : 'Ctrl'
export const FORMAT_KEYS = IS_APPLE ? '⇧ ⌥ F' : 'Shift Alt F'
