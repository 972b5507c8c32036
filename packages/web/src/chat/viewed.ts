import type { Watch } from '@parley/sdk';

/** Scrolling changes what is in view with every frame; the server hears of it this often. */
const tellIntervalMs = 150;

/** Whose presence, which counts and whose typing are in view of this tab, told some time after it changed. */
export class Viewed {
  private readonly watches = new Set<Watch>();
  /** What was told last. */
  private told = '';
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly tell: (watch: Required<Watch>) => void) {}

  /** These are in view until it is undone. */
  add(watch: Watch): () => void {
    this.watches.add(watch);
    this.schedule();
    return () => {
      this.watches.delete(watch);
      this.schedule();
    };
  }

  /** To an engine that may know of nothing. */
  tellAgain(): void {
    this.told = '';
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
      if (asText === this.told) return;
      this.told = asText;
      this.tell(watch);
    }, tellIntervalMs);
  }

  /** Newest first: the server takes a number of them. */
  private all(what: keyof Watch): string[] {
    return [...new Set([...this.watches].reverse().flatMap((watch) => watch[what] ?? []))];
  }
}
