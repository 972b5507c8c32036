import type { PlannedConversation, TallyReport } from './tally.ts';

/**
 * Compares the reports of all client processes after a phase. Each message was answered once, and every connection has
 * exactly the acknowledged ones. `isFinal`: waiting does not help, because something wrong arrived.
 */
export function phaseFaults(
  conversations: readonly PlannedConversation[],
  reports: readonly TallyReport[],
  messages: number,
): { faults: string[]; isFinal: boolean } {
  const faults = reports.flatMap((report) => report.faults);
  if (faults.length > 0) {
    const count = reports.reduce((sum, { faultCount }) => sum + faultCount, 0);
    return { faults: [`${count} faults:`, ...faults], isFinal: true };
  }
  const sum = (count: 'sent' | 'acknowledged' | 'refused') => reports.reduce((total, each) => total + each[count], 0);
  const [sent, answered] = [sum('sent'), sum('acknowledged') + sum('refused')];
  if (sent !== messages) faults.push(`${sent} of ${messages} messages were sent`);
  if (answered !== sent) faults.push(`${sent - answered} of ${sent} messages were neither acknowledged nor refused`);
  // The clients have waited for the answers.
  let isFinal = sent !== messages || answered !== sent;
  for (const [index, { id, headSeq }] of conversations.entries()) {
    const head = headSeq + reports.reduce((total, { acknowledgedIn }) => total + (acknowledgedIn[index] ?? 0), 0);
    const bounds = reports.flatMap(({ lastSeqs }) => lastSeqs[index] ?? []);
    if (bounds.length === 0) continue;
    const [low, high] = [Math.min(...bounds), Math.max(...bounds)];
    if (low < head) faults.push(`conversation ${id} has ${head} entries; a connection received those up to ${low}`);
    if (high > head) {
      faults.push(`conversation ${id} has ${head} acknowledged entries; a connection received those up to ${high}`);
    }
    isFinal ||= high > head;
  }
  return { faults: faults.slice(0, 10), isFinal };
}
