/** A length of time in its largest unit: `40 s`, `12 min`, `5 h`, `3 d`. Rounded down, so that nothing is promised. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** Five cells; the first is filled as soon as anything is used, the last only when the quota is reached. */
export function quotaBar(usedBytes: number, quotaBytes: number): string {
  const cells = 5;
  const share = quotaBytes > 0 ? usedBytes / quotaBytes : 0;
  const filled = share >= 1 ? cells : Math.min(cells - 1, Math.ceil(share * cells));
  return '▰'.repeat(filled) + '▱'.repeat(cells - filled);
}
