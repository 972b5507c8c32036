/** Error codes of the operating system, described for the person who starts the program. */
const systemReasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'there is no such file',
  EEXIST: 'a file is there already',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'it is a folder',
  ERR_FS_EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the limit of file sizes is reached',
  EIO: 'the disk has a fault',
  EMFILE: 'the limit of open files is reached',
  ENFILE: "the system's limit of open files is reached",
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'the address is not one of this machine',
  ENOTFOUND: 'there is no such host',
  ECONNREFUSED: 'no program listens there',
};

/** Error codes of SQLite; each entry covers all codes that start with it. */
const storeReasons: [code: string, reason: string][] = [
  ['SQLITE_NOTADB', 'it is not a database'],
  ['SQLITE_CORRUPT', 'the database is damaged: restore a backup'],
  ['SQLITE_FULL', 'no space is left on the disk'],
  ['SQLITE_READONLY', 'it cannot be written to'],
  ['SQLITE_PERM', 'permission denied'],
  ['SQLITE_AUTH', 'permission denied'],
  ['SQLITE_CANTOPEN', 'the file cannot be opened'],
  ['SQLITE_BUSY', 'another program has locked it'],
  ['SQLITE_LOCKED', 'another program has locked it'],
  ['SQLITE_PROTOCOL', 'another program has locked it'],
  ['SQLITE_IOERR_LOCK', 'the file system has no locks'],
  ['SQLITE_IOERR', 'the disk cannot be read or written: it is full, at a limit, or has a fault'],
  ['SQLITE_TOOBIG', 'the limit of file sizes is reached'],
];

/** The reason why the operating system or the store refused; null for an error that is a fault of the program. */
export function reasonOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return systemReasons[code] ?? storeReasons.find(([prefix]) => code.startsWith(prefix))?.[1] ?? null;
}
