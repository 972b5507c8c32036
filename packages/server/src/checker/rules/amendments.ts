import { deletedText, type MessageChange, type MessageEntry } from '@parley/protocol';
import type { Report } from '../finding.ts';
import { fingerprint, stateOf } from '../fingerprints.ts';
import { RisingMaximum } from '../rising-maximum.ts';

/** A revision that is known to exist, and the line that shows it. */
interface KnownRevision {
  revision: number;
  line: number;
}

/** A state of a message: what a revision made of it. The state is null as long as only an acknowledgement is known. */
interface Version {
  seq: number;
  line: number;
  state: { print: number; text: number; deleted: boolean; pinned: boolean; emoji: ReadonlySet<string> } | null;
  /** The line that showed the state. */
  stateLine: number;
  acked: { change: MessageChange; line: number } | null;
  /** The highest revision of the conversation at which the message still was in this state, and the line. */
  lasts: KnownRevision;
}

interface Amended {
  /** By revision, in the order in which they became known. Revision 0 is the message as it was sent. */
  versions: Map<number, Version>;
  /** The highest of these revisions. */
  last: number;
  deletedAt: KnownRevision | null;
}

/** One order of revisions, one state for each of them, and no read that misses one (contract 1, 3 and 6). */
export class Amendments {
  /** The highest revision that was acknowledged. */
  readonly acknowledged = new RisingMaximum();
  /** The highest revision that was acknowledged or seen by anybody. */
  readonly highest = new RisingMaximum();
  private readonly messages = new Map<number, Amended>();
  private readonly owners = new Map<number, Version>();
  private readonly editedTexts = new Map<number, Set<number>>();

  constructor(
    private readonly report: Report,
    private readonly isRecorded: (userId: string) => boolean,
  ) {}

  /** A client asks for an amendment. */
  amend(seq: number, change: MessageChange): void {
    if (change.kind !== 'edit') return;
    const texts = this.editedTexts.get(seq) ?? new Set();
    this.editedTexts.set(seq, texts.add(fingerprint(change.text)));
  }

  /** The highest known revision that amended the message; 0 if none did. */
  lastRevisionOf(seq: number): number {
    return this.messages.get(seq)?.last ?? 0;
  }

  isDeleted(seq: number): boolean {
    return this.messages.get(seq)?.deletedAt != null;
  }

  /** The known revisions of a range, the highest first, with the message that each amended and the line that shows it. */
  *knownIn(after: number, upTo: number): Generator<{ revision: number; seq: number; line: number }> {
    const highest = Math.min(upTo, this.highest.value);
    // A broken recording can have a range that is too long to count through.
    const isLong = highest - after > this.owners.size;
    const revisions = isLong ? [...this.owners.keys()].sort((a, b) => b - a) : countDown(highest, after);
    for (const revision of revisions) {
      const owner = this.owners.get(revision);
      if (owner && revision > after && revision <= highest) yield { revision, seq: owner.seq, line: owner.line };
    }
  }

  acknowledge({ seq, revision }: { seq: number; revision: number }, change: MessageChange, line: number): void {
    // Something that already was as requested can have the revision 0.
    if (revision === 0) return;
    this.acknowledged.add(revision, line);
    const version = this.version(seq, revision, line);
    if (!version) return;
    version.acked ??= { change, line };
    this.compareWithAck(version, revision);
    if (change.kind === 'delete') this.deleted(seq, { revision, line });
    this.compareOthers(seq, revision, version);
  }

  /**
   * The state of a message. `asOf` is the revision up to which the state has all amendments; undefined if that is not
   * known.
   */
  see(message: MessageEntry, line: number, asOf?: number): void {
    const { seq, revision = 0, text, deleted, pinned, reactions = [] } = message;
    if (revision === 0 && !asOf && !this.messages.has(seq)) return;
    const version = this.version(seq, revision, line);
    if (!version) return;
    const print = stateOf(message);
    if (version.state && version.state.print !== print) {
      this.report('two-states', `message ${seq} has two states at revision ${revision}`, [version.stateLine, line]);
      return;
    }
    if (!version.state) {
      const emoji = new Set(reactions.map((each) => each.emoji));
      const isDeleted = deleted !== undefined;
      const isPinned = pinned !== undefined;
      version.state = { print, text: fingerprint(text), deleted: isDeleted, pinned: isPinned, emoji };
      version.stateLine = line;
      this.compareWithAck(version, revision);
      this.compareWithEdits(message, line);
    }
    if (deleted !== undefined) this.deleted(seq, { revision, line });
    const { deletedAt } = this.messages.get(seq) ?? { deletedAt: null };
    const isUndone = deletedAt !== null && revision >= deletedAt.revision && deleted === undefined;
    if (isUndone || (deleted !== undefined && text !== deletedText)) {
      this.report('deletion-undone', `message ${seq} was deleted and has its text`, [deletedAt?.line ?? 0, line]);
    }
    if (asOf !== undefined && asOf > version.lasts.revision) version.lasts = { revision: asOf, line };
    this.compareOthers(seq, revision, version);
  }

  /** Revision 0 is kept for amended messages only, so messages that nobody amends cost no memory. */
  private version(seq: number, revision: number, line: number): Version | null {
    const owner = revision > 0 ? this.owners.get(revision) : undefined;
    if (owner && owner.seq !== seq) {
      this.report('revision-twice', `revision ${revision} amended messages ${owner.seq} and ${seq}`, [
        owner.line,
        line,
      ]);
      return null;
    }
    const message = this.messages.get(seq) ?? { versions: new Map(), last: 0, deletedAt: null };
    const known = message.versions.get(revision);
    if (known) return known;
    const version: Version = { seq, line, state: null, stateLine: 0, acked: null, lasts: { revision, line } };
    message.versions.set(revision, version);
    message.last = Math.max(message.last, revision);
    this.messages.set(seq, message);
    if (revision > 0) this.owners.set(revision, version);
    this.highest.add(revision, line);
    return version;
  }

  /** No read that has all amendments up to a revision shows a state before another one below it. */
  private compareOthers(seq: number, revision: number, version: Version): void {
    for (const [other, { line, lasts }] of this.messages.get(seq)?.versions ?? []) {
      if (other > revision && other <= version.lasts.revision) {
        this.stale(seq, revision, version.lasts, { revision: other, line });
      }
      if (other < revision && revision <= lasts.revision) {
        this.stale(seq, other, lasts, { revision, line: version.line });
      }
    }
  }

  private stale(seq: number, shown: number, read: KnownRevision, missing: KnownRevision): void {
    const what = `message ${seq} is shown as of revision ${read.revision} in its state ${shown}, without amendment ${missing.revision}`;
    this.report('stale-state', what, [missing.line, read.line]);
  }

  private deleted(seq: number, at: KnownRevision): void {
    const message = this.messages.get(seq);
    if (!message) return;
    if (message.deletedAt === null || at.revision < message.deletedAt.revision) message.deletedAt = at;
    for (const [revision, { state, stateLine }] of message.versions) {
      if (revision < at.revision || !state || state.deleted) continue;
      this.report('deletion-undone', `message ${seq} was deleted and has its text`, [at.line, stateLine]);
    }
  }

  /** The state at an acknowledged revision is what the change asked for. */
  private compareWithAck({ seq, state, stateLine, acked }: Version, revision: number): void {
    if (!state || !acked || isMade(acked.change, state)) return;
    const what = `the amendment ${revision} of message ${seq} was acknowledged as ${acked.change.kind}, which its state does not show`;
    this.report('amendment-lost', what, [acked.line, stateLine]);
  }

  private compareWithEdits({ seq, senderId, text, editedAtMs, deleted }: MessageEntry, line: number): void {
    if (editedAtMs === undefined || deleted !== undefined || !this.isRecorded(senderId)) return;
    if (this.editedTexts.get(seq)?.has(fingerprint(text))) return;
    this.report('not-sent', `message ${seq} was edited to a text that its sender did not send`, [line]);
  }
}

function* countDown(from: number, above: number): Generator<number> {
  for (let number = from; number > above; number--) yield number;
}

function isMade(change: MessageChange, state: NonNullable<Version['state']>): boolean {
  switch (change.kind) {
    case 'edit':
      return state.deleted || state.text === fingerprint(change.text);
    case 'delete':
      return state.deleted;
    case 'react':
      return !change.set || state.deleted || state.emoji.has(change.emoji);
    case 'pin':
      return state.deleted || state.pinned === change.set;
  }
}
