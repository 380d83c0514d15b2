/** What a person gives for a card, checked and brought into the form that the card wants. Pure. */
import { pbkdf2Sync } from 'node:crypto';
import { NoonmarkError } from '../src/errors.js';

const KEY_TYPES = /^(ssh-(ed25519|rsa)|ecdsa-sha2-\S+|sk-\S+) [A-Za-z0-9+/=]+( .*)?$/;

/** Public keys, one a line. Throws ERR_FILE with file and line; of a private key without showing any of it. */
export function checkAuthorizedKeys(text: string, file: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('#') || KEY_TYPES.test(line)) continue;
    const isPrivate = /PRIVATE KEY/.test(text);
    throw new NoonmarkError(
      'ERR_FILE',
      isPrivate ? `${file} is a private key` : `${file}:${index + 1} is no public key of SSH`,
      `--ssh-key takes the public one${isPrivate ? `: ${file}.pub` : ', e.g. ~/.ssh/id_ed25519.pub'}`,
    );
  }
  if (lines.length > 0) return `${lines.join('\n')}\n`;
  throw new NoonmarkError('ERR_FILE', `${file} is empty`, '--ssh-key FILE');
}

/** A keys file that card and clients share. `random`: 16 bytes. */
export function newJoinKeys(random: Uint8Array): string {
  return `# noonmark: for the card and for its clients (keys FILE, trustedkey 21, server ADDRESS key 21)\n21 AES128CMAC ${Buffer.from(random).toString('hex')}\n`;
}

/** Throws ERR_FILE when there is no AES-CMAC key 21 in it. */
export function checkJoinKeys(text: string, file: string): string {
  if (/^\s*21\s+AES(-?128-?)?CMAC\s+[0-9a-fA-F]{32}\s*(#.*)?$/m.test(text)) return text;
  throw new NoonmarkError(
    'ERR_FILE',
    `${file} has no AES-CMAC key with the number 21`,
    'name a file that does not exist: it is made',
  );
}

/**
 * Configuration of wpa_supplicant. The pre-shared key is derived here, so that the password itself is not on the card
 * (IEEE 802.11i: PBKDF2, 4096 rounds of HMAC-SHA-1 over the network's name). Throws ERR_USAGE.
 */
export function wifiText(ssid: string, password: string, country: string): string {
  const length = Buffer.byteLength(password);
  if (length < 8 || length > 63)
    throw new NoonmarkError(
      'ERR_USAGE',
      `a password of Wi-Fi has 8 to 63 bytes, this one ${length}`,
      'WPA2; a network that has WPA3 alone cannot be joined',
    );
  const key = pbkdf2Sync(password, ssid, 4096, 32, 'sha1').toString('hex');
  const name = Buffer.from(ssid).toString('hex');
  return `country=${country}\nnetwork={\n\tssid=${name}\n\tpsk=${key}\n\tkey_mgmt=WPA-PSK\n}\n`;
}
