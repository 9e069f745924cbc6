/**
 * How long `work` kept the processor, in milliseconds: its share of the clock where other processes run beside
 * the tests, the clock where it waits. For limits such as "a hostile file is refused within a second".
 */
export async function busyMs(work: () => unknown): Promise<number> {
  const began = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return Math.min(performance.now() - began, (user + system) / 1000)
}
