/** Header names and values in the sender's order and spelling. */

export type HeaderPairs = readonly (readonly [name: string, value: string])[]
