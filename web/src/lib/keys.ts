const IS_APPLE = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The modifier key of shortcuts, as named on this keyboard. */
export const MOD = IS_APPLE ? '⌘' : 'Ctrl'
export const FORMAT_KEYS = IS_APPLE ? '⇧ ⌥ F' : 'Shift Alt F'
