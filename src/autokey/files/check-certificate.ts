/**
 * Our own certificate against our own key, name and clock, when it is loaded. What makes a peer's certificate good is
 * certificate/verify.ts.
 */
import { createPublicKey } from 'node:crypto';
import { CERTIFICATE_FAULTS, type Certificate, parseCertificate } from '../certificate/parse.js';
import { encodeRsaPublicKey } from '../rsa.js';
import type { KeyReader } from './key-reader.js';
import type { LoadedCertificate, LoadedHostKey } from './load.js';

/** A certificate that ends within so many seconds is mentioned. */
const SOON_SECONDS = 30 * 86_400;
const renew = 'noonmark keygen renew';

/** The certificate taken apart; undefined: it cannot be. What is wrong is reported. */
export function checkCertificate(
  { der, file }: LoadedCertificate,
  signer: LoadedHostKey | undefined,
  hostName: string,
  /** seconds since 1900, not cut to 32 bits; undefined: expiry is not looked at */
  nowSeconds: number | undefined,
  reader: KeyReader,
): Certificate | undefined {
  const parsed = parseCertificate(der);
  if (!parsed.ok) {
    reader.report('error', file, 1, CERTIFICATE_FAULTS[parsed.reason], `make a new one: ${renew}`);
    return undefined;
  }
  const certificate = parsed.value;
  const { subject, notBefore, notAfter, isPrivate } = certificate;
  const [host] = subject.split('@', 1);
  // The private certificate of the PC scheme is one for all hosts, with the name of the first.
  if (!isPrivate && host !== hostName)
    reader.report(
      ...(['error', file, 1, `the certificate is of '${subject}', not of '${hostName}'`] as const),
      `${renew}, or 'crypto host ${host}'`,
    );
  if (signer !== undefined && !isSameKey(certificate, signer))
    reader.report(
      ...(['error', file, 1, `the certificate is not of the key in ${signer.file}`] as const),
      `make a new one: ${renew}`,
    );
  if (nowSeconds === undefined) return certificate;
  const day = (seconds: number) => new Date((seconds - 2_208_988_800) * 1000).toISOString().slice(0, 10);
  if (notAfter < nowSeconds)
    reader.report('error', file, 1, `the certificate expired on ${day(notAfter)}`, renew);
  else if (notAfter < nowSeconds + SOON_SECONDS)
    reader.report('warning', file, 1, `the certificate expires on ${day(notAfter)}`, renew);
  if (notBefore > nowSeconds)
    reader.report(
      ...([
        'warning',
        file,
        1,
        `the certificate is valid from ${day(notBefore)} on, which is ahead`,
      ] as const),
      `set the clock, then ${renew}`,
    );
  return certificate;
}

const isSameKey = ({ publicKey }: Certificate, { key }: LoadedHostKey): boolean =>
  Buffer.from(encodeRsaPublicKey(createPublicKey(key))).equals(encodeRsaPublicKey(publicKey));
