/** `file`: a lock, that is exact versions with the hashes of their files. */
export type Requirements = { readonly file: string; readonly text: string }
