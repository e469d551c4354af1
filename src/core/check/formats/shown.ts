import type { Finding } from '../../findings';

/** Turns a finding's absolute path into the one that a report names, with `/`. */
export type ShowPath = (path: string) => string;

/** The message and what to do about it. */
export function fullMessage({ message, fix }: Finding): string {
  return fix === undefined ? message : `${message} ${fix}`;
}
