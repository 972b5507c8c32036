/** What messaging needs of a WebSocket: Bun's in the server, a simulated one in tests. */
export interface Socket {
  /** Returns false when the frame was dropped because too many bytes wait to be sent. */
  send(text: string): boolean;
  /** Runs `send`; the frames that it sends leave in one write. */
  cork(send: () => void): void;
  /** Bytes that wait for the peer to read. */
  bufferedBytes(): number;
  /** A protocol-level ping, which every WebSocket client answers by itself. */
  ping(): void;
  close(code: number, reason: string): void;
  /** Closes the connection without a close frame, for a peer that does not answer. */
  terminate(): void;
  /** Stops reading. Frames that were read already are still delivered. */
  pause(): void;
  /** Resumes reading after {@link pause}. */
  resume(): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
}

/** Sends one encoded frame to every socket that subscribed to the topic. */
export type Publish = (topic: string, text: string) => void;
