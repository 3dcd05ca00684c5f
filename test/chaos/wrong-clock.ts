/**
 * Loaded into an operator (`node --import`): with each SIGUSR2 its wall clock jumps to the next of the offsets in
 * WRONG_CLOCK, comma-separated milliseconds, in rotation.
 */
const offsets = (process.env.WRONG_CLOCK ?? "0").split(",").map(Number);
const now = Date.now.bind(Date);
let jumps = 0;

Date.now = () => now() + (offsets[jumps % offsets.length] ?? 0);
process.on("SIGUSR2", () => (jumps += 1));
