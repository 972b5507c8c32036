import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files. */
export interface Certificate {
  certificate: string;
  key: string;
  /** Both in one file. */
  together: string;
}

/** A self-signed certificate of "localhost", valid for a day, made by openssl. */
export function makeCertificate(folder: string): Certificate {
  const files = {
    certificate: join(folder, 'certificate.pem'),
    key: join(folder, 'certificate.pem.key'),
    together: join(folder, 'together.pem'),
  };
  const made = Bun.spawnSync([
    ...['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', files.key, '-out', files.certificate],
  ]);
  if (!made.success) throw new Error(String(made.stderr));
  writeFileSync(files.together, readFileSync(files.certificate, 'utf8') + readFileSync(files.key, 'utf8'), {
    mode: 0o600,
  });
  return files;
}
