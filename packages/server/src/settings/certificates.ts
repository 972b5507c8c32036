import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { reasonOf } from '../platform/reasons.ts';
import { BadSetting } from './bad-setting.ts';

/**
 * Refuses certificate authorities that can't be read; the runtime would ignore them silently.
 *
 * @throws {BadSetting} when NODE_EXTRA_CA_CERTS does not name a file of certificates.
 */
export function checkCertificates(environment: Record<string, string | undefined>): void {
  const file = environment['NODE_EXTRA_CA_CERTS'];
  if (file === undefined || file === '') return;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new BadSetting(`NODE_EXTRA_CA_CERTS: ${file} cannot be read: ${reasonOf(cause) ?? cause}`, { cause });
  }
  try {
    new X509Certificate(text);
  } catch (cause) {
    throw new BadSetting(`NODE_EXTRA_CA_CERTS: ${file} has no certificate in PEM form`, { cause });
  }
}
