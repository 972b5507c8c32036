import { assumptions } from './assumptions.ts';
import type { Load } from './load.ts';
import { sized, type Units } from './units.ts';

const heartbeatSeconds = 10;

/** Bytes a second at the peak. */
export interface Network {
  toClients: number;
  fromClients: number;
  /** Into the brokers, between them, and out of them. */
  kafka: number;
  /** Write-ahead log to the standbys. */
  postgresLog: number;
  /** On average over the day. */
  toClientsMean: number;
}

export function networkOf(units: Units, load: Load): Network {
  const { messages, recipients, online, textBytes, peakFactor } = load;
  const heartbeats = (online * assumptions.heartbeatBytes.value) / heartbeatSeconds / 2;
  const entries = messages * recipients * sized(units.receivedBytes, textBytes);
  const records =
    messages * (sized(units.kafkaMessageBytes, textBytes) + recipients * sized(units.kafkaCopyBytes, textBytes));
  return {
    toClients: entries + heartbeats,
    fromClients: messages * sized(units.sentBytes, textBytes) + heartbeats,
    // Each record is written once, copied to the other replicas, and read once.
    kafka: records * (1 + (assumptions.kafkaReplicas.value - 1) + 1),
    postgresLog: messages * sized(units.postgresLogBytes, textBytes),
    toClientsMean: entries / peakFactor + heartbeats,
  };
}
