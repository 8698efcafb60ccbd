/** Keys of HrFlow's objects are not secret. */
const SECRET =
  /SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|PRIVATE|CREDENTIAL|API_?KEY|(?<!(SOURCE|BOARD|ALGORITHM|JOB|PROFILE|PUBLIC))_KEY$|(^|_)(DSN|PAT)$/i

export const soundsSecret = (name: string): boolean => SECRET.test(name)
