type Numbers = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** A number for each entry of a conversation, by the entry's number; 0 where there is none. */
export class NumbersBySeq {
  private values: Numbers;

  constructor(private readonly Kind: new (length: number) => Numbers) {
    this.values = new Kind(16);
  }

  get(seq: number): number {
    return this.values[seq] ?? 0;
  }

  set(seq: number, value: number): void {
    if (seq >= this.values.length) {
      const larger = new this.Kind(Math.max(seq + 1, this.values.length * 2));
      larger.set(this.values);
      this.values = larger;
    }
    this.values[seq] = value;
  }
}
