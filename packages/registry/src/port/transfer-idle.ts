/** How long a transfer may go without a byte in either direction, ms. */
export const transferIdleMs = 120_000;
