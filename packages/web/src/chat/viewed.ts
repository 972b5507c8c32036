import type { Watch } from '@parley/sdk';

/** Scrolling changes what is in view with every frame. Reports go to the server at most this often. */
const tellIntervalMs = 150;

/** The people, counts and typing notices that this tab shows. Reports them to the engine shortly after they change. */
export class Viewed {
  private readonly watches = new Set<Watch>();
  /** What was reported last. */
  private reported = '';
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly tell: (watch: Required<Watch>) => void) {}

  /** Adds these until the returned function is called. */
  add(watch: Watch): () => void {
    this.watches.add(watch);
    this.schedule();
    return () => {
      this.watches.delete(watch);
      this.schedule();
    };
  }

  /** Reports everything again, to an engine that may have forgotten it. */
  tellAgain(): void {
    this.reported = '';
    this.schedule();
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const watch = {
        userIds: this.all('userIds'),
        conversationIds: this.all('conversationIds'),
        typingIn: this.all('typingIn'),
      };
      const asText = JSON.stringify(watch);
      if (asText === this.reported) return;
      this.reported = asText;
      this.tell(watch);
    }, tellIntervalMs);
  }

  /** Newest first: the server accepts a limited number. */
  private all(what: keyof Watch): string[] {
    return [...new Set([...this.watches].reverse().flatMap((watch) => watch[what] ?? []))];
  }
}
