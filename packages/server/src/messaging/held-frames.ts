const heldMax = 64 * 1024;

/** Frames that are held for a client that has not declared its features yet. */
export class HeldFrames {
  /** Null if there were more than 64 Ki characters: the client has to read everything again. */
  texts: string[] | null = [];
  private length = 0;

  add(text: string): void {
    this.length += text.length;
    if (this.length > heldMax) this.texts = null;
    this.texts?.push(text);
  }
}
