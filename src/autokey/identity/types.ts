/**
 * Keys of the identity schemes as numbers: what key files hold and what the arithmetic takes.
 * All values are non-negative; who loads them checks sizes and ranges (identity/bounds.ts) before any arithmetic.
 * Sources: RFC 5906 appendices; shared/reference/autokey-reference.md §6.
 */

/** GQ, what every member of the group holds: modulus and group key. */
export interface GqParameters {
  readonly n: bigint;
  /** exponent of the textbook's y^b v^r; secret to the group */
  readonly b: bigint;
}

/** GQ, what a server of the group holds beside it. */
export interface GqKey extends GqParameters {
  /** private */
  readonly u: bigint;
  /** (u^-1)^b mod n, public, in the certificate's subjectKeyIdentifier */
  readonly v: bigint;
}

/** IFF (Schnorr), what a client holds. */
export interface IffParameters {
  readonly p: bigint;
  readonly q: bigint;
  readonly g: bigint;
  /** g^(q-b) mod p */
  readonly v: bigint;
}

export interface IffKey extends IffParameters {
  /** private, 1 <= b < q */
  readonly b: bigint;
}

/** MV, what a server holds. */
export interface MvKey {
  readonly p: bigint;
  readonly q: bigint;
  /** encryption key */
  readonly e: bigint;
  readonly gbar: bigint;
  readonly ghat: bigint;
}

/** MV, what a client holds: one of many keys, any of which can be revoked. */
export interface MvParameters {
  readonly p: bigint;
  readonly xbar: bigint;
  readonly xhat: bigint;
}

/** A two-number answer, DER SEQUENCE { INTEGER, INTEGER }: GQ and IFF. */
export interface ProofPair {
  readonly y: bigint;
  /** MD5 of the commitment's minimal big-endian bytes, as an unsigned integer */
  readonly hash: bigint;
}

/** The answer of MV in the order of DER SEQUENCE { p, q, g }. */
export interface MvProof {
  readonly p: bigint;
  readonly q: bigint;
  readonly g: bigint;
}
